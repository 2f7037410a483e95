import { f } from '../graph-def.ts';
import { type Generate, under } from './draw.ts';

const batchNorm: Generate = (draw, operator) => {
  const shape = draw.shape(4);
  const channels = shape[3];
  const vectors = [0, 1, 2].map(() => draw.constant([channels]));
  const variance = draw.graph.constant(draw.floats([channels], 0.5, 2), [channels]);
  const epsilon = draw.chance(0.3) ? undefined : f(draw.rng.uniform(0.001, 0.1));
  const inputs = [draw.value(shape), ...vectors, variance];
  return draw.graph.op(operator, inputs, { ...(epsilon && { epsilon }), is_training: false });
};

const localResponse: Generate = (draw, operator) => {
  const [bias, alpha, beta] = [draw.rng.uniform(1, 2), draw.rng.uniform(0, 1), draw.rng.uniform(0.3, 1)];
  const options = { depth_radius: draw.from(0, 3), bias: f(bias), alpha: f(alpha), beta: f(beta) };
  return draw.graph.op(operator, [draw.any({ rank: 4 })], options);
};

const resize: Generate = (draw, operator) => {
  const [align_corners, half_pixel_centers] = draw.pick([
    [false, false],
    [true, false],
    [false, true],
  ]);
  const [batch, channels] = [draw.from(1, 2), draw.from(1, 3)];
  const shape = [batch, draw.from(2, 7), draw.from(2, 7), channels];
  const x = draw.value(shape);
  const size = draw.ints([draw.from(2, 9), draw.from(2, 9)], x, shape);
  return draw.graph.op(operator, [x, size], { align_corners, half_pixel_centers });
};

export const images: Readonly<Record<string, Generate>> = {
  ...under(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'], batchNorm),
  LRN: localResponse,
  ...under(['ResizeBilinear', 'ResizeNearestNeighbor'], resize),
};
