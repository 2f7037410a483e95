import type { Layout, Value } from '../../../src/onnx/converter.ts';

/** The axes of tfjs's order, in the order in which they are stored. */
export function storedOrder({ shape, layout }: Pick<Value, 'shape' | 'layout'>): number[] {
  const axes = shape.map((_, axis) => axis);
  if (layout === 'tfjs' || axes.length < 3) return axes;
  const [first, ...others] = axes;
  return [first, others.pop()!, ...others];
}

/** The layout that stores the axes of tfjs's order in the order given; undefined where none does. */
export function layoutStoring(order: readonly number[]): Layout | undefined {
  const shape = order.map(() => 1);
  return (['tfjs', 'channels-first'] as const).find((layout) =>
    storedOrder({ shape, layout }).every((axis, i) => axis === order[i]),
  );
}

/** The layout of a value that has lost some axes; undefined where what remains is in neither order. */
export function layoutWithout(value: Value, dropped: ReadonlySet<number>): Layout | undefined {
  const kept = value.shape.map((_, axis) => axis).filter((axis) => !dropped.has(axis));
  const order = storedOrder(value).filter((axis) => !dropped.has(axis));
  return layoutStoring(order.map((axis) => kept.indexOf(axis)));
}
