/**
 * PCD-ResNet: 43 softmax detectors on the pooled feature of a ResNet-152.
 * papers/001, section 2. Trained from ImageNet weights with the summed log loss; channel 0 of a detector is "present".
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { softmaxDetectors } from '../heads/detectors.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { perClassDetection, priorProbability, tinyDetection } from './per-class-detection.ts';

export const pcdResnet = defineSystem({
  name: 'pcd-resnet',
  id: 'A1',
  title: 'PCD-ResNet',
  config: z.strictObject({
    depth: z.enum(resnetDepths).default('152'),
    size: z.int().positive().default(224),
    labels: z.int().positive().default(43),
    prior: priorProbability,
  }),
  presets: {
    'pcd-resnet-152': { config: {} },
    'pcd-resnet-tiny': { config: { depth: 'tiny', size: 64, prior: 0.05 }, recipe: [tinyDetection] },
  },
  recipe: [perClassDetection],
  reported: { precision: 57.9, recall: 66.3, f1: 59.4 },
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ depth, size, labels, prior }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const features = resnet(picture, { depth, seed });
    return tf.model({
      inputs: picture,
      outputs: softmaxDetectors(features, { labels, seed, prior }),
      name: 'pcd_resnet',
    });
  },
});
