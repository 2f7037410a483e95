import type { Precision, Target } from '../../src/bundle/manifest.ts';
import { type Graph, parameterCount, type TensorPort } from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import { serializeModel, serializeOutside } from '../../src/onnx/serialize.ts';
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
  /** How many the model has. Default: the learnt weights of the graph as it was built, before passes merge and fold any. */
  readonly parameters?: number;
}

/** A model as ONNX, not yet written: weights are read from the model when their turn comes. */
export interface OnnxModel {
  /** All that the file says. */
  readonly model: Model;
  readonly graph: Graph;
  readonly opset: number;
  /** Of what the graph was made of, where that is known; otherwise the graph's learnt weights. */
  readonly parameters: number;
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  /** Of the file. */
  readonly byteLength: number;
  /** The file in order; each chunk is valid until the next one. At most one layer's weights are in memory at a time. */
  chunks(): Iterable<Uint8Array>;
  /** The file as a whole, without `external`. */
  bytes(): Uint8Array<ArrayBuffer>;
  /** What has to lie beside the file, and under which name. */
  readonly external: ExternalFile | null;
  /** The same with its weights in `external`. Default name: `externalFile`. */
  withExternalData(file?: string): OnnxModel;
}

/** The file that a model keeps its weights in. */
export interface ExternalFile {
  readonly name: string;
  readonly byteLength: number;
  chunks(): Iterable<Uint8Array>;
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Protobuf cannot hold more. */
const maxBytes = 2 ** 31 - 1;

/** A graph as its builder left it, through the passes and as a file. */
export function onnxModel(built: Graph, options: GraphOptions): OnnxModel {
  const { target = 'portable', precision = 'fp32', passes = passesFor(target), version = '' } = options;
  const { parameters = parameterCount(built) } = options;
  const all = [...passes, ...weightPasses(precision)];
  const graph = all.reduce((current, pass) => pass.apply(current), built);
  return modelFile(modelOf(graph, { name: 'actionnx', version }), { parameters });
}

/** The same model with its weights stored in fewer bits. */
export function storedIn({ model, parameters }: OnnxModel, precision: Exclude<Precision, 'int8'>): OnnxModel {
  const graph = weightPasses(precision).reduce((current, pass) => pass.apply(current), model.graph);
  return modelFile({ ...model, graph }, { parameters });
}

/** What a bundle's graph calls the file that its weights are in, where they are in one of their own. */
export const externalFile = 'model.onnx.data';

/**
 * A model as the file that it will be; above 2 GiB, which protobuf cannot hold, with its weights in another.
 *
 * @param options.external the name of that other file, where there is to be one whatever the size
 * @param options.parameters of the model behind the graph, where their number is known
 */
export function modelFile(
  model: Model,
  options: { readonly external?: string; readonly parameters?: number } = {},
): OnnxModel {
  const { graph, opsets } = model;
  const { external, parameters = parameterCount(graph) } = options;
  const whole = serializeModel(model);
  const name = external ?? (whole.byteLength > maxBytes ? externalFile : undefined);
  const outside = name === undefined ? null : serializeOutside(model, name);
  const message = outside?.model ?? whole;
  return {
    model,
    graph,
    opset: opsets.get('') ?? 0,
    parameters,
    // Whoever makes a model gives each port a type and a rank.
    inputs: graph.inputs as readonly TensorPort[],
    outputs: graph.outputs as readonly TensorPort[],
    byteLength: message.byteLength,
    chunks: () => message.chunks(),
    bytes: () => message.whole(),
    external:
      outside && outside.data.byteLength > 0
        ? {
            name: name!,
            byteLength: outside.data.byteLength,
            chunks: () => outside.data.chunks(),
            bytes: () => outside.data.whole(),
          }
        : null,
    withExternalData: (file = externalFile) => modelFile(model, { external: file, parameters }),
  };
}
