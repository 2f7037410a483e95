import type { Normalization } from '../../src/core/normalization.ts';
import { type Graph, type GraphNode, parameterCount } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { ModelBuilder } from './builder.ts';
import type { ClassifierPorts } from './classifier-ports.ts';
import { framesInput } from './frames.ts';
import { prefixGraph } from './merge.ts';
import { modelFile, type OnnxModel } from './onnx-model.ts';

/** What a classifier's scores become probabilities by. */
export const activations = ['softmax', 'sigmoid', 'none'] as const;
export type Activation = (typeof activations)[number];

export interface WrapOptions {
  readonly labels: number;
  /** Of the frames, as the classifier was trained. */
  readonly normalization: Normalization;
  readonly activation: Activation;
}

/** The oldest version of the file format in which an initialiser need not be an input too. */
const oldestFormat = 4;

/**
 * One graph from uint8 frames to probabilities [N, labels] around a classifier of any origin: the frames are
 * normalised and laid out as it takes them, and its scores go through the activation. Its own nodes and its operator
 * sets stay as they are; a fixed batch is opened, and whether the graph bears that, a run has to show.
 */
export function wrapClassifier(
  model: Model,
  ports: ClassifierPorts,
  { labels, normalization, activation }: WrapOptions,
): OnnxModel {
  const { input, output, layout, sample } = ports;
  const builder = new ModelBuilder();
  const frames =
    input.dtype === 'uint8'
      ? builder.input('frames', 'uint8', [null, ...sample])
      : framesInput([null, ...sample], normalization, builder);
  const fed = builder.relayout(frames, layout === 'nchw' ? 'channels-first' : 'tfjs', 'frames');
  const before = builder.finish('frames');
  const own = model.graph.inputs.filter(({ name }) => !model.graph.initializers.has(name));
  const inside = prefixGraph(model.graph, 'model', new Map(own.map(({ name }) => [name, fed.name])));
  const graph: Graph = {
    name: model.graph.name,
    nodes: [...before.nodes, ...inside.nodes, ...head(`model/${output.name}`, activation)],
    initializers: new Map([...before.initializers, ...inside.initializers]),
    inputs: before.inputs,
    outputs: [{ name: 'probabilities', dtype: 'float32', shape: ['N', labels] }],
  };
  const irVersion = Math.max(model.irVersion, oldestFormat);
  return modelFile({ ...model, graph, irVersion }, { parameters: parameterCount(model.graph) });
}

/** Scores [N, labels], or with axes of 1 behind, into probabilities. */
function head(scores: string, activation: Activation): GraphNode[] {
  const operators = { softmax: 'Softmax', sigmoid: 'Sigmoid', none: 'Identity' } as const;
  const node = (name: string, operator: string, from: string, to: string, attributes = {}): GraphNode => ({
    ...{ name, operator, attributes },
    inputs: [from],
    outputs: [to],
  });
  return [
    node('scores', 'Flatten', scores, 'scores', { axis: 1 }),
    node('probabilities', operators[activation], 'scores', 'probabilities', {
      ...(activation === 'softmax' && { axis: 1 }),
    }),
  ];
}
