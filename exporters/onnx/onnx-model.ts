import type { Precision, Target } from '../../src/core/bundle.ts';
import { UserError } from '../../src/core/errors.ts';
import { type Graph, parameterCount, type TensorPort } from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import type { Pass } from './passes/pass.ts';
import { passesFor, weightPasses } from './targets.ts';

/** What is done with a graph once it is built, whatever it was built from. */
export interface GraphOptions {
  /** Where it is to run best. Default: portable. */
  readonly target?: Target;
  /** Default: fp32. For int8 see `quantize`. */
  readonly precision?: Exclude<Precision, 'int8'>;
  /** Instead of those of the target. An empty list gives the graph as its converters emit it. */
  readonly passes?: readonly Pass[];
  /** Recorded in the file as its producer's version. */
  readonly version?: string;
}

/** A model as ONNX, not yet written: weights are read from the model when their turn comes. */
export interface OnnxModel {
  readonly graph: Graph;
  readonly opset: number;
  /** Learnt weights in the graph. */
  readonly parameters: number;
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  /** Of the file. */
  readonly byteLength: number;
  /** The file in order; each chunk is valid until the next one. At most one layer's weights are in memory at a time. */
  chunks(): Iterable<Uint8Array>;
  /** The file as a whole. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Protobuf cannot hold more. */
const maxBytes = 2 ** 31 - 1;

/** A graph as its builder left it, through the passes and as a file. @throws UserError when that is above 2 GiB */
export function onnxModel(built: Graph, options: GraphOptions): OnnxModel {
  const { target = 'portable', precision = 'fp32', passes = passesFor(target), version = '' } = options;
  const all = [...passes, ...weightPasses(precision)];
  const graph = all.reduce((current, pass) => pass.apply(current), built);
  return modelFile(modelOf(graph, { name: 'actionnx', version }));
}

/** A model as the file that it will be. @throws UserError when that is above 2 GiB */
export function modelFile(model: Model): OnnxModel {
  const { graph, opsets } = model;
  const message = serializeModel(model);
  if (message.byteLength > maxBytes) {
    throw new UserError('an ONNX file must be smaller than 2 GiB', {
      received: `${message.byteLength} bytes`,
      remedy: 'export a smaller model',
    });
  }
  return {
    graph,
    opset: opsets.get('') ?? 0,
    parameters: parameterCount(graph),
    // Whoever makes a model gives each port a type and a rank.
    inputs: graph.inputs as readonly TensorPort[],
    outputs: graph.outputs as readonly TensorPort[],
    byteLength: message.byteLength,
    chunks: () => message.chunks(),
    bytes() {
      const whole = new Uint8Array(message.byteLength);
      let at = 0;
      for (const chunk of message.chunks()) {
        whole.set(chunk, at);
        at += chunk.byteLength;
      }
      return whole;
    },
  };
}
