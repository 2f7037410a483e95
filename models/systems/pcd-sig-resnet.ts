/**
 * PCD-Sig-ResNet: PCD-ResNet with sigmoid detectors, one value a label instead of two.
 * papers/001, section 2.3; trained as PCD-ResNet. The report gives only its F1.
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { sigmoidDetectors } from '../heads/detectors.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { perClassDetection, priorProbability, tinyDetection } from './per-class-detection.ts';

export const pcdSigResnet = defineSystem({
  name: 'pcd-sig-resnet',
  id: 'A2',
  title: 'PCD-Sig-ResNet',
  config: z.strictObject({
    depth: z.enum(resnetDepths).default('152'),
    size: z.int().positive().default(224),
    labels: z.int().positive().default(43),
    prior: priorProbability,
  }),
  presets: {
    'pcd-sig-resnet-152': { config: {} },
    'pcd-sig-resnet-tiny': { config: { depth: 'tiny', size: 64, prior: 0.05 }, recipe: [tinyDetection] },
  },
  recipe: [perClassDetection],
  reported: { precision: null, recall: null, f1: 57.7 },
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ depth, size, labels, prior }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const features = resnet(picture, { depth, seed });
    const outputs = sigmoidDetectors(features, { labels, seed, prior });
    return tf.model({ inputs: picture, outputs, name: 'pcd_sig_resnet' });
  },
});
