import { findLayerWeight, literalWeights, reshapeWeights } from '../../../src/core/weights.ts';
import { defineConverter, float, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { refuseIntegers } from './number-types.ts';

interface Norm {
  readonly x: Value;
  /** From the batch on, not negative; the layer's weights have their extents. */
  readonly axes: readonly number[];
  readonly epsilon: number;
}

/** Normalisation of every sample over some axes: ONNX's operator where these are the last ones, else written out. */
export const layerNormalization = defineConverter('LayerNormalization', (layer, [input], graph) => {
  refuseIntegers(input, graph);
  const { axis, epsilon } = layer.getConfig() as { axis: number | number[]; epsilon: number };
  const x = graph.tfjsOrder(input);
  const rank = x.shape.length;
  const axes = [axis].flat().map((each) => (each < 0 ? each + rank : each));
  const areLast = axes.every((each, i) => each === rank - axes.length + i);
  const extents = areLast
    ? axes.map((each) => x.shape[each]!)
    : x.shape.map((extent, i) => (axes.includes(i) ? extent! : 1));
  const weight = (name: string) => {
    const found = findLayerWeight(layer, name);
    return found && graph.weight(name, reshapeWeights(found, extents));
  };
  const [scale, shift] = [weight('gamma'), weight('beta')];
  if (!areLast) return writtenOut({ x, axes, epsilon }, scale, shift, graph);
  const ones = () => {
    const size = extents.reduce((product, extent) => product * extent, 1);
    return graph.weight('gamma', literalWeights(new Float32Array(size).fill(1), extents));
  };
  return graph.node('LayerNormalization', [x, scale ?? ones(), ...(shift ? [shift] : [])], {
    attributes: { axis: axes[0], epsilon: float(epsilon) },
  });
});

function writtenOut(
  { x, axes, epsilon }: Norm,
  scale: Value | undefined,
  shift: Value | undefined,
  graph: GraphBuilder,
): Value {
  const shape = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
  const mean = (value: Value) =>
    graph.node('ReduceMean', [value], { attributes: { axes: axes.toSorted(), keepdims: 1 }, shape });
  const centred = graph.node('Sub', [x, mean(x)]);
  const variance = mean(graph.node('Mul', [centred, centred]));
  const deviation = graph.node('Sqrt', [
    graph.node('Add', [variance, graph.constant(Float32Array.of(epsilon), [])]),
  ]);
  let y = graph.node('Div', [centred, deviation]);
  if (scale) y = graph.node('Mul', [y, scale]);
  return shift ? graph.node('Add', [y, shift]) : y;
}
