import { defineGraphConverter } from '../op.ts';
import { layoutStoring, storedOrder } from './stored-order.ts';

/** Where the result in one of the two layouts is what is stored already, it costs nothing. */
export const transpose = defineGraphConverter('Transpose', 2, ([x, axes], op) => {
  const rank = x.shape.length;
  const perm = op.integers(axes, 'a permutation').map((axis) => (axis < 0 ? axis + rank : axis));
  if (
    perm.length !== rank ||
    new Set(perm).size !== rank ||
    !perm.every((axis) => axis >= 0 && axis < rank)
  ) {
    throw op.unsupported(`the permutation [${perm}] of ${rank} axes`);
  }
  const shape = perm.map((axis) => x.shape[axis]);
  if (rank < 3 && perm.every((axis, i) => axis === i)) return x;
  const order = storedOrder(x);
  // The order in which the result's axes are stored.
  const layout = layoutStoring(order.map((axis) => perm.indexOf(axis)));
  if (layout) return { ...x, shape, layout };
  if (op.constantOf(x)) return op.arranged(x, perm);
  return op.node('Transpose', [x], {
    attributes: { perm: perm.map((axis) => order.indexOf(axis)) },
    ...{ shape, layout: 'tfjs' },
  });
});
