import { sizeOf } from '../../../src/core/tensor.ts';
import type { Value, ValueShape } from '../../../src/onnx/converter.ts';
import type { GraphOp } from '../op.ts';

/**
 * A reshape of a value that is stored channels-first, into one that is: at most one transpose, where two would lead
 * through tfjs's order. What (2+1)-D models do between their convolutions: time into the batch, and out of it again,
 * height and width into one axis.
 *
 * @param shape the value's new one, in tfjs's order
 * @returns undefined where the channels do not stay what they are, or it is not clear what becomes of the batch
 */
export function reshapeChannelsFirst(x: Value, shape: ValueShape, op: GraphOp): Value | undefined {
  const rank = shape.length;
  if (x.layout !== 'channels-first' || x.shape.length < 3 || rank < 3) return undefined;
  const channels = x.shape.at(-1)!;
  const [before, after] = [x.shape.slice(1, -1), shape.slice(1, -1)];
  if (channels === null || shape.at(-1) !== channels) return undefined;
  if ([...before, ...after].includes(null)) return undefined;
  const [from, to] = [before as number[], after as number[]];
  const ratio = sizeOf(to) / sizeOf(from);
  const options = { shape, layout: 'channels-first' } as const;
  const reshape = (value: Value, target: readonly number[]) =>
    op.node('Reshape', [value, op.constant(target)], options);
  const batch = shape[0] ?? -1;

  if (ratio === 1) return reshape(x, [batch, channels, ...to]);
  if (ratio < 1) {
    // [N, C, T, …] → [N, T, C, …] → [N · T, C, …]
    const count = leading(from, 1 / ratio);
    if (count === undefined) return undefined;
    const moved = Array.from({ length: count }, (_, i) => 2 + i);
    const others = Array.from({ length: from.length - count }, (_, i) => 2 + count + i);
    const swapped = op.node('Transpose', [x], { attributes: { perm: [0, ...moved, 1, ...others] } });
    return reshape(swapped, [batch, channels, ...to]);
  }
  // [N · T, C, …] → [N, T, C, …] → [N, C, T, …]
  const count = leading(to, ratio);
  if (count === undefined) return undefined;
  const split = reshape(x, [batch, ...to.slice(0, count), channels, ...to.slice(count)]);
  const moved = Array.from({ length: count }, (_, i) => 1 + i);
  const others = Array.from({ length: to.length - count }, (_, i) => 2 + count + i);
  return op.node('Transpose', [split], {
    attributes: { perm: [0, 1 + count, ...moved, ...others] },
    ...options,
  });
}

/** How many extents from the first on have a product; undefined where none have. */
function leading(extents: readonly number[], product: number): number | undefined {
  let reached = 1;
  for (const [i, extent] of extents.entries()) {
    reached *= extent;
    if (reached === product) return i + 1;
  }
  return undefined;
}
