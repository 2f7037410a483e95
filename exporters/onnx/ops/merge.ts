import { type Convert, defineConverter, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { asFloat, ofOneType } from './number-types.ts';

/** Inputs of one rank and one layout. tfjs gives inputs of lower rank new axes after the batch. */
function aligned(inputs: readonly Value[], graph: GraphBuilder): Value[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const expanded = ofOneType(inputs, graph).map((input) => {
    const missing = rank - input.shape.length;
    if (missing === 0) return input;
    const axes = Array.from({ length: missing }, (_, i) => i + 1);
    const [batch, ...rest] = input.shape;
    return graph.node('Unsqueeze', [graph.tfjsOrder(input), graph.constant(axes)], {
      shape: [batch, ...axes.map(() => 1), ...rest],
    });
  });
  return sameLayout(expanded, graph);
}

/** Channels-first as soon as one input is, since that one came from a convolution and most likely leads to another. */
export function sameLayout(inputs: readonly Value[], graph: GraphBuilder): Value[] {
  const isChannelsFirst = inputs.some(({ layout }) => layout === 'channels-first');
  return inputs.map((input) => (isChannelsFirst ? graph.channelsFirst(input) : input));
}

/** Operators of two inputs, applied from left to right as tfjs does. */
function chain(operator: string): Convert {
  return (_layer, inputs, graph) => {
    const shape = graph.outputShapes[0];
    return aligned(inputs, graph).reduce((sum, input) => graph.node(operator, [sum, input], { shape }));
  };
}

const sum = chain('Add');

export const add = defineConverter('Add', sum);
export const multiply = defineConverter('Multiply', chain('Mul'));
export const maximum = defineConverter('Maximum', chain('Max'));
export const minimum = defineConverter('Minimum', chain('Min'));

export const average = defineConverter('Average', (layer, inputs, graph) => {
  const floats = inputs.map((input) => asFloat(input, graph));
  const total = sum(layer, floats, graph) as Value;
  return graph.node('Mul', [total, graph.constant(Float32Array.of(1 / inputs.length), [])]);
});
