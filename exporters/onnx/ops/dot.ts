import { defineConverter, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { asFloat, ofOneType } from './number-types.ts';

/** What tfjs adds under the square root of a norm: its `epsilon()`. */
const smallestSquare = 1e-7;

/** Batched products along one axis of each input, of rank 2 or 3. */
export const dot = defineConverter('Dot', (layer, inputs, graph) => {
  const { axes, normalize } = layer.getConfig() as { axes: number | [number, number]; normalize: boolean };
  const numbers = normalize ? inputs.map((input) => asFloat(input, graph)) : ofOneType(inputs, graph);
  const [a, b] = numbers.map((input, i) => {
    const x = graph.tfjsOrder(input);
    const given = Array.isArray(axes) ? axes[i] : axes;
    const axis = given < 0 ? given + x.shape.length : given;
    if (axis !== 1 && axis !== 2) throw graph.unsupported(`a product along axis ${axis}, the batch's`);
    return { x: normalize ? unitLength(x, axis, graph) : x, axis };
  });
  const shape = graph.outputShapes[0];
  if (a.x.shape.length === 2 && b.x.shape.length === 2) {
    const products = graph.node('Mul', [a.x, b.x]);
    return graph.node('ReduceSum', [products, graph.constant([1])], { attributes: { keepdims: 1 }, shape });
  }
  const left = asMatrix(a.x, a.axis, 2, graph);
  const right = asMatrix(b.x, b.axis, 1, graph);
  const [batch, rows] = left.shape;
  const product = graph.node('MatMul', [left, right], { shape: [batch, rows, right.shape[2]] });
  if (a.x.shape.length === b.x.shape.length) return { ...product, shape };
  const dropped = a.x.shape.length === 2 ? 1 : 2;
  return graph.node('Squeeze', [product, graph.constant([dropped])], { shape });
});

/** The value as matrices whose axis `target` (1 or 2) is the one to be summed over. */
function asMatrix(x: Value, axis: number, target: 1 | 2, graph: GraphBuilder): Value {
  const [batch, first, second = 1] = x.shape;
  if (x.shape.length === 2) {
    const other = target === 1 ? 2 : 1;
    const shape = target === 1 ? [batch, first, 1] : [batch, 1, first];
    return graph.node('Unsqueeze', [x, graph.constant([other])], { shape });
  }
  if (axis === target) return x;
  return graph.node('Transpose', [x], { attributes: { perm: [0, 2, 1] }, shape: [batch, second, first] });
}

/** Divided by its Euclidean norm along an axis. */
function unitLength(x: Value, axis: number, graph: GraphBuilder): Value {
  const squares = graph.node('ReduceSumSquare', [x], {
    attributes: { axes: [axis], keepdims: 1 },
    shape: x.shape.with(axis, 1),
  });
  const floor = graph.constant(Float32Array.of(smallestSquare), []);
  return graph.node('Div', [x, graph.node('Sqrt', [graph.node('Max', [squares, floor])])]);
}
