import { float, type Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter } from '../op.ts';

/** By given statistics, along the channels. What TensorFlow returns beside it matters in training alone. */
const fusedBatchNorm: ConvertOp = ([input, ...statistics], op) => {
  op.requireRank(input, 4, 5);
  if (op.attributes.flag('is_training', true))
    throw op.unsupported("normalisation by the batch's own statistics");
  const isChannelsFirst = op.attributes.text('data_format', 'NHWC').startsWith('NC');
  const x = isChannelsFirst ? op.tfjsOrder(input) : op.channelsFirst(input);
  const channels = isChannelsFirst ? input.shape[1] : input.shape.at(-1)!;
  const vectors: Value[] = statistics.slice(0, 4);
  if (!vectors.every(({ shape }) => shape.length === 1 && (channels === null || shape[0] === channels))) {
    throw op.unsupported(`statistics for another number of channels than ${channels}`);
  }
  return op.node('BatchNormalization', [x, ...vectors], {
    attributes: { epsilon: float(op.attributes.number('epsilon', 0.001)) },
  });
};

/** TensorFlow sums over a radius, ONNX takes the mean over the whole width. */
const localResponse: ConvertOp = ([x], op) => {
  op.requireRank(x, 4);
  const size = 2 * op.attributes.integer('depth_radius', 5) + 1;
  if (!(size > 0)) throw op.unsupported(`a width of ${size}`);
  return op.node('LRN', [op.channelsFirst(x)], {
    attributes: {
      size,
      alpha: float(op.attributes.number('alpha', 1) * size),
      beta: float(op.attributes.number('beta', 0.5)),
      bias: float(op.attributes.number('bias', 1)),
    },
  });
};

export const normalizations = [
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((operator) =>
    defineGraphConverter(operator, 5, fusedBatchNorm),
  ),
  defineGraphConverter('LRN', 1, localResponse),
];
