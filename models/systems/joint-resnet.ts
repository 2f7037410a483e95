/**
 * C1: a ResNet-152 that predicts actor and action jointly, trained end to end from ImageNet weights and then, with a
 * cosine-annealed rate, in its last layers once more.
 * papers/001, the flow-line team, section 2.1. The report gives neither loss nor rates: binary cross-entropy, and SGD as
 * the challenge's baseline has it (rate 1e-3, momentum 0.9, weight decay 1e-4), are ours, and so is what counts as the
 * last layers: layer4 and the classifier.
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { sigmoidClassifier } from '../heads/classifier.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { jointTraining, tinyJointTraining } from './joint-training.ts';
import { priorProbability } from './per-class-detection.ts';

export const jointResnet = defineSystem({
  name: 'joint-resnet',
  id: 'C1',
  title: 'Joint ResNet, cosine-annealed',
  config: z.strictObject({
    depth: z.enum(resnetDepths).default('152'),
    size: z.int().positive().default(224),
    labels: z.int().positive().default(43),
    prior: priorProbability,
  }),
  presets: {
    'joint-resnet-152': { config: {} },
    'joint-resnet-tiny': { config: { depth: 'tiny', size: 64, prior: 0.05 }, recipe: tinyJointTraining },
  },
  recipe: jointTraining,
  reported: { precision: 54.0, recall: 67.0, f1: 57.0 },
  auxiliary: ['logits'],
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ depth, size, labels, prior }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const features = resnet(picture, { depth, seed });
    const { probabilities, logits } = sigmoidClassifier(features, { labels, seed, prior });
    return tf.model({ inputs: picture, outputs: [probabilities, logits], name: 'joint_resnet' });
  },
});
