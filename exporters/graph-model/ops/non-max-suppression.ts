import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { countVector } from './selection.ts';
import { type Suppression, softSuppression } from './soft-suppression.ts';

function suppression([boxes, scores, most, overlap, least]: readonly Value[], op: GraphOp): Suppression {
  op.requireRank(boxes, 2);
  op.requireRank(scores, 1);
  if (boxes.dtype !== 'float32' || scores.dtype !== 'float32') {
    throw op.unsupported(`boxes of ${boxes.dtype} with scores of ${scores.dtype}`);
  }
  if (boxes.shape[1] !== null && boxes.shape[1] !== 4)
    throw op.unsupported(`boxes of ${boxes.shape[1]} numbers`);
  const number = (value: Value) => op.node('Reshape', [value, op.constant([1])], { shape: [1] });
  const count = op.node('Shape', [scores], { dtype: 'int64', shape: [1], layout: 'tfjs' });
  return {
    ...{ boxes, scores, overlap: number(overlap), least: least && number(least) },
    most: op.node('Min', [countVector(most, op), count], { dtype: 'int64', shape: [1], layout: 'tfjs' }),
  };
}

/**
 * The boxes that stay, the one of the greatest score first: [as many as there are], int64. ONNX drops a box that
 * overlaps another by more than the threshold, tfjs one that does so by as much; with a threshold of nothing, all
 * boxes but one.
 */
function kept({ boxes, scores, most, overlap, least }: Suppression, op: GraphOp): Value {
  const zero = op.constant(Float32Array.of(0), []);
  const below = op.node('Mul', [overlap, op.constant(Float32Array.of(1 - 2 ** -23), [])]);
  const hasNone = broadcastNode('LessOrEqual', [overlap, zero], op, 'bool');
  const one = op.node('Min', [most, op.constant([1])]);
  const count = op.node('Where', [hasNone, one, most], { dtype: 'int64' });
  const found = op.node(
    'NonMaxSuppression',
    [
      op.node('Unsqueeze', [boxes, op.constant([0])], { shape: [1, ...boxes.shape] }),
      op.node('Unsqueeze', [scores, op.constant([0, 1])], { shape: [1, 1, ...scores.shape] }),
      ...[count, below],
      ...(least ? [least] : []),
    ],
    { dtype: 'int64', shape: [null, 3], layout: 'tfjs' },
  );
  return op.node('Gather', [found, op.constant([2], [])], { attributes: { axis: 1 }, shape: [null] });
}

/** Version 2 has no least score. */
const indices: ConvertOp = (inputs, op) => {
  const given = op.operator === 'NonMaxSuppressionV2' ? inputs.slice(0, 4) : inputs;
  return op.cast(kept(suppression(given, op), op), 'int32');
};

/** Filled up with zeros, as tfjs does it: to no more than there are boxes. With the number of those that count. */
const padded: ConvertOp = (inputs, op) => {
  const given = suppression(inputs, op);
  const found = kept(given, op);
  const count = op.node('Size', [found], { dtype: 'int64', shape: [], layout: 'tfjs' });
  const valid = op.cast(count, 'int32');
  if (!op.attributes.flag('pad_to_max_output_size')) return [op.cast(found, 'int32'), valid];
  const missing = op.node('Sub', [given.most, count]);
  const around = op.node('Concat', [op.constant([0]), missing], { attributes: { axis: 0 }, shape: [2] });
  return [op.cast(op.node('Pad', [found, around], { shape: [null] }), 'int32'), valid];
};

/** With scores, which overlaps may have lowered. */
const scored: ConvertOp = (inputs, op) => {
  if (op.attributes.flag('pad_to_max_output_size')) {
    throw op.unsupported('pad_to_max_output_size, which tfjs ignores in this version');
  }
  const given = suppression(inputs, op);
  const sigma = inputs[5];
  if (!sigma || op.constantOf(sigma)?.data()[0] === 0) {
    const found = kept(given, op);
    const scores = op.node('Gather', [given.scores, found], { attributes: { axis: 0 }, shape: [null] });
    return [op.cast(found, 'int32'), scores];
  }
  return softSuppression(given, sigma, op);
};

export const suppressions = [
  ...['NonMaxSuppressionV2', 'NonMaxSuppressionV3'].map((operator) =>
    defineGraphConverter(operator, operator.endsWith('2') ? 4 : 5, indices),
  ),
  defineGraphConverter('NonMaxSuppressionV4', 5, padded),
  defineGraphConverter('NonMaxSuppressionV5', 5, scored),
];
