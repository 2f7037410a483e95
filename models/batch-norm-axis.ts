import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { layersWithin } from './inner-layers.ts';
import { tf } from './tf.ts';

/**
 * Makes a model's batch normalisations over other axes than the last compute what they stand for: tfjs 4.22's cpu and
 * wasm kernels apply such statistics element by element, whatever their axis.
 *
 * @returns the names of the layers that were put right
 */
export function correctBatchNorms(model: LayersModel): string[] {
  return layersWithin(model).flatMap((layer) => {
    if (layer.getClassName() !== 'BatchNormalization') return [];
    const { axis, epsilon } = layer.getConfig() as { axis: number; epsilon: number };
    const rank = layer.inputSpec[0].ndim!;
    const given = axis < 0 ? axis + rank : axis;
    if (given === rank - 1) return [];
    layer.call = (inputs) => tf.tidy(() => normalized([inputs].flat()[0], layer, given, epsilon));
    return [layer.name];
  });
}

/** With the axis moved last and back. */
function normalized(x: Tensor, layer: layers.Layer, axis: number, epsilon: number): Tensor {
  const axes = x.shape.map((_, i) => i);
  const last = [...axes.filter((i) => i !== axis), axis];
  const weight = (name: string) =>
    layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name)?.read();
  const [mean, variance] = [weight('moving_mean')!, weight('moving_variance')!];
  const y = tf.batchNorm(
    tf.transpose(x, last),
    mean as never,
    variance as never,
    weight('beta') as never,
    weight('gamma') as never,
    epsilon,
  );
  return tf.transpose(
    y,
    axes.map((i) => last.indexOf(i)),
  );
}
