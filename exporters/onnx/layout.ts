/** How a value's axes are stored: in tfjs's order, or with the channels second. */
import type { Layout, ValueShape } from '../../src/onnx/converter.ts';

/** The transpose that leads into a layout from the other one. */
export function permutation(rank: number, layout: Layout): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const [batch, second, ...rest] = axes;
  return layout === 'channels-first' ? [batch, rank - 1, ...axes.slice(1, -1)] : [batch, ...rest, second];
}

export function storedShape(shape: ValueShape, layout: Layout): ValueShape {
  return layout === 'tfjs' ? shape : permutation(shape.length, layout).map((axis) => shape[axis]);
}

/** Whether both layouts have their elements in the same order: one channel, or one position. */
export function keepsMemoryOrder(shape: ValueShape): boolean {
  return shape.length < 3 || shape.at(-1) === 1 || shape.slice(1, -1).every((extent) => extent === 1);
}

/** For ONNX's Reshape: the batch is taken over (0), an unknown extent inferred (−1). */
export function reshapeTarget(shape: ValueShape): number[] {
  return shape.map((extent, axis) => (axis === 0 ? 0 : (extent ?? -1)));
}
