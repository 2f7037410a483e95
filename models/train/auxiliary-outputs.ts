import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../tf.ts';

/**
 * The model without some of its outputs, and without the layers that lead to these alone, whose memory is given back.
 * It takes the place of the model, which must not be used any more.
 */
export function withoutOutputs(model: LayersModel, names: readonly string[]): LayersModel {
  if (names.length === 0) return model;
  const outputs = model.outputs.filter((_, i) => !names.includes(model.outputNames[i]));
  const trimmed = tf.model({ inputs: model.inputs, outputs, name: model.name });
  const kept = new Set(trimmed.layers);
  for (const layer of model.layers) {
    // A model inside counts its places, and gives its memory back with the last of them.
    while (!kept.has(layer) && layer.dispose().refCountAfterDispose > 0);
  }
  return trimmed;
}
