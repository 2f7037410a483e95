/**
 * I2: ResNet-18 from ImageNet weights, of which only the last layer is trained: 43 outputs in place of 1000.
 * papers/001, Oscar's team, section 3.2: binary cross-entropy and Adam. The report gives rates, 5e-4 and then 3e-5 for
 * ten epochs each, where it comes to its other pretrained model, and no batch size: both are taken for this one, in
 * batches of 16.
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { sigmoidClassifier } from '../heads/classifier.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { bce } from '../train/losses/bce.ts';
import { adam } from '../train/optimizers/adam.ts';
import { stage } from '../train/stage.ts';

const lastLayer = stage({
  ...{ name: 'last layer', epochs: 10, batch: 16, rate: 5e-4 },
  train: [{ weights: 'logits/*' }],
  loss: bce(),
  optimizer: adam(),
});

export const lastLayerResnet18 = defineSystem({
  name: 'last-layer-resnet18',
  id: 'I2',
  title: 'ResNet-18, last layer only',
  config: z.strictObject({
    depth: z.enum(resnetDepths).default('18'),
    size: z.int().positive().default(224),
    labels: z.int().positive().default(43),
  }),
  presets: {
    'last-layer-resnet18-18': { config: {} },
    'last-layer-resnet18-tiny': {
      config: { depth: 'tiny', size: 64 },
      recipe: [{ ...lastLayer, epochs: 10, rate: 5e-3 }],
    },
  },
  recipe: [lastLayer, { ...lastLayer, name: 'last layer, slowly', rate: 3e-5 }],
  reported: { precision: 25.1, recall: 36.7, f1: 28.0 },
  auxiliary: ['logits'],
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ depth, size, labels }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const { probabilities, logits } = sigmoidClassifier(resnet(picture, { depth, seed }), { labels, seed });
    return tf.model({ inputs: picture, outputs: [probabilities, logits], name: 'last_layer_resnet18' });
  },
});
