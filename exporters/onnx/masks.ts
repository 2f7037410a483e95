import type { GraphBuilder, Layer, Value } from '../../src/onnx/converter.ts';
import { asFloat } from './ops/number-types.ts';

/**
 * Which steps of a sequence count, bool [N, T], as tfjs's predict passes it from layer to layer; or in what way tfjs
 * makes a mask that does not fit its sequence, to be told to who asks for it.
 */
export type Mask = Value | { readonly wrong: string };

type MakeMask = (
  inputs: readonly Value[],
  masks: readonly (Mask | undefined)[],
  layer: Layer,
  graph: GraphBuilder,
) => Mask | undefined;

/** The steps of [N, T, …] that have an element unlike a value. */
export function stepsUnlike(value: number, x: Value, graph: GraphBuilder): Value {
  const constant = graph.constant(Float32Array.of(value), []);
  const numbers = Number.isInteger(value) ? x : asFloat(x, graph);
  const literal =
    numbers.dtype === 'float32'
      ? constant
      : graph.node('Cast', [constant], { attributes: { to: 6 }, dtype: numbers.dtype, shape: [] });
  return graph.node('Not', [graph.node('Equal', [numbers, literal], { dtype: 'bool' })]);
}

/** [N, T, F] → [N, T]: where any of the last axis is true. */
function anyOfLastAxis(x: Value, graph: GraphBuilder): Value {
  const numbers = graph.node('Cast', [x], { attributes: { to: 1 }, dtype: 'float32' });
  const largest = graph.node('ReduceMax', [numbers], {
    attributes: { axes: [x.shape.length - 1], keepdims: 0 },
    shape: x.shape.slice(0, -1),
  });
  return graph.node('Cast', [largest], { attributes: { to: 9 }, dtype: 'bool' });
}

const ofMerge: MakeMask = (_inputs, masks) =>
  masks[0] && { wrong: 'a mask that has gone through a merge layer, to which tfjs gives another rank there' };

const ofConcatenate: MakeMask = (inputs, masks, layer, graph) => {
  const known = masks.filter((mask) => mask !== undefined);
  if (known.length === 0) return undefined;
  const wrong = known.find((mask) => 'wrong' in mask);
  if (wrong) return wrong;
  const values = known as Value[];
  const axis = layer.getConfig().axis as number;
  if (axis === -1 || axis === inputs[0].shape.length - 1) {
    return values.reduce((all, mask) => graph.node('And', [all, mask]));
  }
  if (axis === 1 && values.length === inputs.length) {
    const [batch] = values[0].shape;
    const steps = values.reduce<number | null>(
      (sum, { shape: [, length] }) => (sum !== null && length !== null ? sum + length : null),
      0,
    );
    return graph.node('Concat', values, { attributes: { axis }, shape: [batch, steps] });
  }
  return { wrong: `a mask from a concatenation along axis ${axis} with a sequence that has none` };
};

const ofRecurrent: MakeMask = (_inputs, [mask], layer) =>
  (layer as Layer & { returnSequences: boolean }).returnSequences ? mask : undefined;

/** How layers change masks; others that support masking pass the first one on. */
const makers: Readonly<Record<string, MakeMask>> = {
  Embedding: ([x], _masks, _layer, graph) => stepsUnlike(0, x, graph),
  Masking: ([x], _masks, layer, graph) => maskedSteps(x, layer, graph),
  ...Object.fromEntries(['Add', 'Multiply', 'Average', 'Maximum', 'Minimum'].map((name) => [name, ofMerge])),
  Concatenate: ofConcatenate,
  Dot: () => undefined,
  ...Object.fromEntries(
    ['RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvLSTM2D', 'Bidirectional'].map((name) => [name, ofRecurrent]),
  ),
};

/** The steps that a Masking layer lets through: those with an element unlike its mask value. */
export function maskedSteps(x: Value, layer: Layer, graph: GraphBuilder): Value {
  const value = layer.getConfig().maskValue as number;
  return anyOfLastAxis(stepsUnlike(value, graph.tfjsOrder(x), graph), graph);
}

/** The mask that a call of a layer gives all its outputs. */
export function outputMask(
  layer: Layer,
  inputs: readonly Value[],
  masks: readonly (Mask | undefined)[],
  graph: GraphBuilder,
): Mask | undefined {
  if (!layer.supportsMasking) return undefined;
  const make = makers[layer.getClassName()];
  if (make) return make(inputs, masks, layer, graph);
  if (masks[0] && overridesMask(layer)) {
    return { wrong: `a mask that "${layer.name}" makes by a computeMask of its own` };
  }
  return masks[0];
}

/** Whether a class between the layer's and tfjs's Layer says how masks change. */
function overridesMask(layer: Layer): boolean {
  let definitions = 0;
  for (let type = Object.getPrototypeOf(layer); type; type = Object.getPrototypeOf(type)) {
    if (Object.hasOwn(type, 'computeMask')) definitions++;
  }
  return definitions > 1;
}
