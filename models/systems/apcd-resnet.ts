/**
 * APCD-ResNet: sigmoid detectors on a ResNet-152 whose layer3 features are weighed by an attention map, which is the
 * model's second output (14×14 at 224²).
 * papers/001, section 3; trained as PCD-ResNet for 55 epochs. As in the reference code the detectors start at zero,
 * so every label starts at 0.5 (at the prior, in the tiny preset).
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { sigmoidDetectors } from '../heads/detectors.ts';
import { attend } from '../heads/spatial-attention.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { perClassDetection, priorProbability, tinyDetection } from './per-class-detection.ts';

type Features = Parameters<typeof attend>[0];

export const apcdResnet = defineSystem({
  name: 'apcd-resnet',
  id: 'A3',
  title: 'APCD-ResNet',
  config: z.strictObject({
    depth: z.enum(resnetDepths).default('152'),
    size: z.int().positive().default(224),
    labels: z.int().positive().default(43),
    prior: priorProbability,
  }),
  presets: {
    'apcd-resnet-152': { config: {} },
    'apcd-resnet-tiny': { config: { depth: 'tiny', size: 64, prior: 0.05 }, recipe: [tinyDetection] },
  },
  recipe: [{ ...perClassDetection, epochs: 55 }],
  reported: { precision: 57.4, recall: 65.6, f1: 58.9 },
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ depth, size, labels, prior }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    let attention: Features | undefined;
    const features = resnet(picture, {
      depth,
      seed,
      beforeLayer4(layer3) {
        const { attended, map } = attend(layer3, seed);
        attention = map;
        return attended;
      },
    });
    const outputs = [sigmoidDetectors(features, { labels, seed, prior, zero: true }), attention as Features];
    return tf.model({ inputs: picture, outputs, name: 'apcd_resnet' });
  },
});
