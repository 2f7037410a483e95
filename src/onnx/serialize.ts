/** A graph as an ONNX file. Field numbers: onnx.proto3 of the ONNX specification, IR version 8. */
import type { Attribute, ValueType } from '../core/converter.ts';
import { sizeOf } from '../core/tensor.ts';
import type { Graph, GraphNode, GraphPort, Initializer } from './graph.ts';
import { type LazyBytes, Message } from './proto.ts';

export const irVersion = 8;
export const opset = 17;

/** TensorProto.DataType. */
const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const satisfies Record<
  ValueType,
  number
>;

/** AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** ModelProto, ready to be written chunk by chunk. Equal graphs give equal bytes. */
export function serializeModel(graph: Graph, producer: { name: string; version: string }): Message {
  return new Message()
    .integer(1, irVersion)
    .string(2, producer.name)
    .string(3, producer.version)
    .message(7, graphMessage(graph))
    .message(8, new Message().string(1, '').integer(2, opset));
}

function graphMessage(graph: Graph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.string(2, graph.name);
  for (const initializer of graph.initializers.values()) message.message(5, tensorMessage(initializer));
  for (const port of graph.inputs) message.message(11, portMessage(port));
  for (const port of graph.outputs) message.message(12, portMessage(port));
  return message;
}

function nodeMessage(node: GraphNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.name).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes))
    message.message(5, attributeMessage(name, value));
  return message;
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, attributeTypes.int);
  if (typeof value === 'string') return message.string(4, value).integer(20, attributeTypes.string);
  if ('float' in value) return message.float(2, value.float).integer(20, attributeTypes.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, attributeTypes.ints);
}

function tensorMessage(initializer: Initializer): Message {
  const { name, dtype, shape } = initializer;
  const message = new Message();
  for (const extent of shape) message.integer(1, extent);
  return message.integer(2, elementTypes[dtype]).string(8, name).bytes(9, rawData(initializer));
}

/** Little-endian, as the format asks and as every machine that runs JavaScript stores it. */
function rawData({ dtype, shape, data }: Initializer): LazyBytes {
  const byteLength = sizeOf(shape) * (dtype === 'int64' ? 8 : 4);
  return {
    byteLength,
    bytes() {
      const array = data();
      return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    },
  };
}

function portMessage({ name, dtype, shape }: GraphPort): Message {
  const dimensions = new Message();
  for (const extent of shape) {
    const dimension = new Message();
    dimensions.message(
      1,
      typeof extent === 'string' ? dimension.string(2, extent) : dimension.integer(1, extent),
    );
  }
  const tensorType = new Message().integer(1, elementTypes[dtype]).message(2, dimensions);
  return new Message().string(1, name).message(2, new Message().message(1, tensorType));
}
