/** A model as an ONNX file. Field numbers: onnx.proto of the ONNX specification. */
import { sizeOf } from '../core/tensor.ts';
import { bytesOf, storageOf, storedBytes } from './element-type.ts';
import { ExternalData, smallestOutside } from './external-data.ts';
import type { Attribute, Graph, GraphNode, GraphPort, Initializer } from './graph.ts';
import type { Model } from './model.ts';
import { type LazyBytes, Message } from './proto.ts';

/** AttributeProto.AttributeType. */
const attributeTypes = {
  ...{ float: 1, int: 2, string: 3, tensor: 4, graph: 5 },
  ...{ floats: 6, ints: 7, strings: 8, graphs: 10 },
} as const;

/** ModelProto, ready to be written chunk by chunk. Equal models give equal bytes. */
export function serializeModel(model: Model): Message {
  return modelMessage(model, tensorMessage);
}

/**
 * ModelProto without its large tensors, and the file beside it that they are in.
 *
 * @param location what the model calls that file
 */
export function serializeOutside(model: Model, location: string): { model: Message; data: ExternalData } {
  const data = new ExternalData();
  const message = modelMessage(model, (tensor) => {
    const bytes = rawData(tensor);
    if (tensor.dtype === 'string' || bytes.byteLength < smallestOutside) return tensorMessage(tensor);
    return outsideMessage(tensor, location, data.add(bytes), bytes.byteLength);
  });
  return { model: message, data };
}

type WriteTensor = (initializer: Initializer) => Message;

function modelMessage(model: Model, writeTensor: WriteTensor): Message {
  const { irVersion, producer, graph, opsets, metadata, extra } = model;
  const message = new Message()
    .integer(1, irVersion)
    .string(2, producer.name)
    .string(3, producer.version)
    .message(7, graphMessage(graph, writeTensor));
  for (const [domain, version] of opsets) {
    message.message(8, new Message().string(1, domain).integer(2, version));
  }
  for (const [key, value] of metadata) message.message(14, new Message().string(1, key).string(2, value));
  return message.encoded(extra);
}

/** Tensors of graphs inside nodes stay where they are. */
function graphMessage(graph: Graph, writeTensor: WriteTensor = tensorMessage): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.string(2, graph.name);
  for (const initializer of graph.initializers.values()) message.message(5, writeTensor(initializer));
  for (const port of graph.inputs) message.message(11, portMessage(port));
  for (const port of graph.outputs) message.message(12, portMessage(port));
  for (const port of graph.values ?? []) message.message(13, portMessage(port));
  return message.encoded(graph.extra);
}

function nodeMessage(node: GraphNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.name).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes))
    message.message(5, attributeMessage(name, value));
  if (node.domain) message.string(7, node.domain);
  return message.encoded(node.extra);
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().string(1, name);
  const typed = (kind: keyof typeof attributeTypes) => message.integer(20, attributeTypes[kind]);
  if (typeof value === 'number' || typeof value === 'bigint') {
    message.integer(3, value);
    return typed('int');
  }
  if (typeof value === 'string') {
    message.string(4, value);
    return typed('string');
  }
  if ('float' in value) {
    message.float(2, value.float);
    return typed('float');
  }
  if ('floats' in value) {
    for (const item of value.floats) message.float(7, item);
    return typed('floats');
  }
  if ('strings' in value) {
    for (const item of value.strings) message.string(9, item);
    return typed('strings');
  }
  if ('tensor' in value) {
    message.message(5, tensorMessage(value.tensor));
    return typed('tensor');
  }
  if ('graph' in value) {
    message.message(6, graphMessage(value.graph));
    return typed('graph');
  }
  if ('graphs' in value) {
    for (const item of value.graphs) message.message(11, graphMessage(item));
    return typed('graphs');
  }
  if ('encoded' in value) return message.encoded(value.encoded);
  for (const item of value) message.integer(8, item);
  return typed('ints');
}

function tensorMessage(initializer: Initializer): Message {
  const { name, dtype, shape, extra } = initializer;
  const message = new Message();
  for (const extent of shape) message.integer(1, extent);
  message.integer(2, storageOf(dtype).code).string(8, name);
  if (dtype !== 'string') message.bytes(9, rawData(initializer));
  return message.encoded(extra);
}

/** Little-endian, as the format asks and as every machine that runs JavaScript stores it. */
function rawData({ dtype, shape, data }: Initializer): LazyBytes {
  return { byteLength: storedBytes(dtype, sizeOf(shape)), bytes: (scratch) => bytesOf(data(scratch)) };
}

/** TensorProto.DataLocation. */
const external = 1;

function outsideMessage(
  { name, dtype, shape, extra }: Initializer,
  location: string,
  offset: number,
  length: number,
): Message {
  const message = new Message();
  for (const extent of shape) message.integer(1, extent);
  message.integer(2, storageOf(dtype).code).string(8, name);
  for (const [key, value] of Object.entries({ location, offset, length })) {
    message.message(13, new Message().string(1, key).string(2, String(value)));
  }
  return message.integer(14, external).encoded(extra);
}

function portMessage({ name, dtype, shape, extra }: GraphPort): Message {
  const message = new Message().string(1, name);
  if (dtype) {
    const tensorType = new Message().integer(1, storageOf(dtype).code);
    if (shape) tensorType.message(2, shapeMessage(shape));
    message.message(2, new Message().message(1, tensorType));
  }
  return message.encoded(extra);
}

function shapeMessage(shape: readonly (number | string)[]): Message {
  const message = new Message();
  for (const extent of shape) {
    const dimension = new Message();
    if (typeof extent === 'number') dimension.integer(1, extent);
    else if (extent !== '') dimension.string(2, extent);
    message.message(1, dimension);
  }
  return message;
}
