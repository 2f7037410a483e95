import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { tf } from '../tf.ts';

/**
 * Normalises `x` over all axes but the last by its own mean and biased variance, then scales and shifts:
 * `y = (x − mean) / √(variance + epsilon) · gamma + beta` (Ioffe & Szegedy 2015, algorithm 1).
 *
 * The gradient is written by hand and flows through `y` only, to `x`, `gamma` and `beta`; `mean` and `variance`
 * are for moving averages. Sums over rows are average pools and per-channel affine maps are 1×1 depthwise
 * convolutions, because those two are vectorised on every backend: on wasm they are 20 and 4 times as fast as
 * `tf.sum` over the first axis and as broadcast arithmetic.
 *
 * @param x float32 of any rank ≥ 2, channels last
 * @param gamma scale, one a channel
 * @param beta shift, one a channel
 * @returns y in the shape of x; mean and variance, one a channel
 */
export function normalizeBatch(
  x: Tensor,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
): [y: Tensor, mean: Tensor1D, variance: Tensor1D] {
  let moments: [Tensor1D, Tensor1D] | undefined;
  const normalize = tf.customGrad((...inputs) => {
    const [input, scale, shift] = inputs as Tensor[];
    const save = inputs[3] as unknown as (tensors: Tensor[]) => void;
    const rows = asRows(input);
    const mean = channelMeans(rows);
    const centred = affine(rows, tf.onesLike(mean), tf.neg(mean));
    const variance = channelMeans(tf.square(centred));
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const y = affine(centred, tf.mul(scale, inverse), shift as Tensor1D);
    moments = [tf.keep(mean), tf.keep(variance)];
    save([centred, scale, inverse]);

    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [centred, scale, inverse] = saved as [Tensor4D, Tensor1D, Tensor1D];
      const dyRows = asRows(dy);
      const count = dyRows.shape[1];
      const dyMean = channelMeans(dyRows);
      const dyDotX = tf.mul(channelMeans(tf.mul(dyRows, centred)), inverse);
      // dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)), as two affine maps.
      const slope = tf.mul(scale, inverse) as Tensor1D;
      const fromDy = affine(dyRows, slope, tf.neg(tf.mul(slope, dyMean)));
      const fromX = affine(centred, tf.neg(tf.mul(slope, tf.mul(dyDotX, inverse))), tf.zerosLike(dyMean));
      return [tf.reshape(tf.add(fromDy, fromX), dy.shape), tf.mul(dyDotX, count), tf.mul(dyMean, count)];
    };
    return { value: tf.reshape(y, input.shape), gradFunc };
  });
  const y = normalize(x, gamma, beta);
  // A custom gradient may return one tensor only; the moments leave through the closure, as clones that the
  // caller's scope owns.
  const [mean, variance] = moments!.map((moment) => {
    const owned = tf.clone(moment);
    moment.dispose();
    return owned;
  }) as [Tensor1D, Tensor1D];
  return [y, mean, variance];
}

/**
 * x · scale + shift, channel by channel, for x of any rank: one fused kernel, where broadcasting takes two slow ones.
 * The gradient is made of the same kernels, because wasm has none for the fused one's.
 */
export function scaleChannels(x: Tensor, scale: Tensor1D, shift: Tensor1D): Tensor {
  const apply = tf.customGrad((...inputs) => {
    const [input, by, plus] = inputs as Tensor[];
    const save = inputs[3] as unknown as (tensors: Tensor[]) => void;
    const y = tf.reshape(affine(asRows(input), by, plus as Tensor1D), input.shape);
    save([input, by]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [input, by] = saved as [Tensor, Tensor1D];
      const rows = asRows(dy);
      const count = rows.shape[1];
      const fromX = affine(rows, by, tf.zerosLike(by));
      const ofScale = tf.mul(channelMeans(tf.mul(rows, asRows(input))), count);
      return [tf.reshape(fromX, dy.shape), ofScale, tf.mul(channelMeans(rows), count)];
    };
    return { value: y, gradFunc };
  });
  return apply(x, scale, shift);
}

/** [..., channels] → [1, rows, 1, channels], the form that the pooling and depthwise kernels take. */
function asRows(x: Tensor): Tensor4D {
  const channels = x.shape[x.rank - 1];
  return tf.reshape(x, [1, x.size / channels, 1, channels]);
}

/** rows · scale + shift, channel by channel. */
function affine(rows: Tensor4D, scale: Tensor, shift: Tensor1D): Tensor4D {
  const filter = tf.reshape(scale, [1, 1, shift.size, 1]) as Tensor4D;
  return tf.fused.depthwiseConv2d({ x: rows, filter, strides: 1, pad: 'valid', bias: shift });
}

/**
 * The mean of every channel, by pooling in two stages of about √rows each, so that rounding errors grow
 * with √rows instead of rows.
 */
function channelMeans(rows: Tensor4D): Tensor1D {
  const [, count, , channels] = rows.shape;
  let groups = Math.floor(Math.sqrt(count));
  while (count % groups !== 0) groups--;
  const grouped = tf.reshape(rows, [groups, count / groups, 1, channels]) as Tensor4D;
  const partial = tf.avgPool(grouped, [count / groups, 1], 1, 'valid');
  const stacked = tf.reshape(partial, [1, groups, 1, channels]) as Tensor4D;
  return tf.reshape(tf.avgPool(stacked, [groups, 1], 1, 'valid'), [channels]);
}
