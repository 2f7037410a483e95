import type { Value } from '../../../src/onnx/converter.ts';
import type { GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';

/** What all versions of the operator take, each as ONNX wants it: vectors of one element, and the number as int64. */
export interface Suppression {
  /** [boxes, 4], two opposite corners each. */
  readonly boxes: Value;
  /** [boxes] */
  readonly scores: Value;
  /** Not more than there are boxes. */
  readonly most: Value;
  readonly overlap: Value;
  /** undefined where any score will do. */
  readonly least: Value | undefined;
}

/**
 * Boxes one by one, the one of the greatest score next; each lowers the scores of those that it overlaps, by
 * exp(−overlap² / 2σ), and drops those that it overlaps by as much as the threshold (Bodla et al., Soft-NMS, 2017).
 * ONNX has no operator for it: a scan of as many steps as boxes are wanted, each over all boxes at once. Scores are
 * taken to be zero or more, as tfjs's order of events takes them.
 *
 * @returns indices, int32, and scores as they are then
 */
export function softSuppression(
  { boxes, scores, most, overlap, least }: Suppression,
  sigma: Value,
  op: GraphOp,
): Value[] {
  const number = (value: number) => op.constant(Float32Array.of(value), []);
  const node = (operator: string, inputs: readonly Value[], dtype?: Value['dtype']) =>
    broadcastNode(operator, inputs, op, dtype);
  const [none, zero] = [number(Number.NEGATIVE_INFINITY), number(0)];
  const isSoft = node('Greater', [sigma, zero], 'bool');
  const scale = node('Where', [isSoft, node('Div', [number(-0.5), sigma]), zero]);
  const { corners, areas } = cornersOf(boxes, op);
  const isEnough = (score: Value) => node('Greater', [score, least ?? none], 'bool');
  const count = op.node('Size', [scores], { dtype: 'int64', shape: [], layout: 'tfjs' });
  const range = (length: Value, extent: number | null) =>
    op.node('Range', [op.constant([0], []), length, op.constant([1], [])], {
      ...{ dtype: 'int64', shape: [extent], layout: 'tfjs' },
    });
  const numbers = range(count, scores.shape[0]);
  const steps = range(op.node('Reshape', [most, op.constant([], [0])], { shape: [] }), null);
  const start = node('Where', [isEnough(scores), scores, none]);

  const { results } = op.scan([start], [steps], { axis: 0 }, ([left]) => {
    const best = op.node('ArgMax', [left], {
      attributes: { axis: 0, keepdims: 1 },
      ...{ dtype: 'int64', shape: [1], layout: 'tfjs' },
    });
    const of = (values: Value) =>
      op.node('Gather', [values, best], { attributes: { axis: 0 }, shape: [1], layout: 'tfjs' });
    const score = of(left);
    const index = op.node('Where', [isEnough(score), best, op.constant([-1])], {
      ...{ dtype: 'int64', shape: [1] },
    });
    const common = [0, 1].map((axis) => {
      const low = node('Max', [corners.low[axis], of(corners.low[axis])]);
      const high = node('Min', [corners.high[axis], of(corners.high[axis])]);
      return node('Max', [node('Sub', [high, low]), zero]);
    });
    const shared = node('Mul', common);
    const own = of(areas);
    const both = node('Sub', [node('Add', [areas, own]), shared]);
    const isEmpty = node(
      'Or',
      [node('LessOrEqual', [areas, zero], 'bool'), node('LessOrEqual', [own, zero], 'bool')],
      'bool',
    );
    const ratio = node('Where', [isEmpty, zero, node('Div', [shared, both])]);
    const weight = op.node('Exp', [node('Mul', [node('Mul', [ratio, ratio]), scale])]);
    const isDropped = node(
      'Or',
      [node('GreaterOrEqual', [ratio, overlap], 'bool'), node('Equal', [numbers, best], 'bool')],
      'bool',
    );
    const next = node('Where', [isDropped, none, node('Mul', [left, weight])]);
    const pair = op.node('Concat', [op.cast(index, 'float32'), score], {
      attributes: { axis: 0 },
      shape: [2],
    });
    return { states: [next], result: pair };
  });

  // Once no box is left, none is in any later step.
  const column = (i: number) =>
    op.node('Gather', [results, op.constant([i], [])], {
      attributes: { axis: 1 },
      ...{ shape: [null], layout: 'tfjs' },
    });
  const places = op.node('NonZero', [node('GreaterOrEqual', [column(0), zero], 'bool')], {
    ...{ dtype: 'int64', shape: [1, null] },
  });
  const valid = op.node('Squeeze', [places, op.constant([0])], { shape: [null] });
  const those = (values: Value) =>
    op.node('Gather', [values, valid], { attributes: { axis: 0 }, shape: [null] });
  return [op.cast(those(column(0)), 'int32'), those(column(1))];
}

/** The lower and the higher end of every box along both axes, which corners give in any order, and its area. */
function cornersOf(boxes: Value, op: GraphOp) {
  const along = (i: number) =>
    op.node('Gather', [boxes, op.constant([i], [])], {
      attributes: { axis: 1 },
      ...{ shape: [boxes.shape[0]], layout: 'tfjs' },
    });
  const ends = [0, 1].map((axis) => [along(axis), along(axis + 2)]);
  const low = ends.map((pair) => op.node('Min', pair));
  const high = ends.map((pair) => op.node('Max', pair));
  const lengths = [0, 1].map((axis) => op.node('Sub', [high[axis], low[axis]]));
  return { corners: { low, high }, areas: op.node('Mul', lengths) };
}
