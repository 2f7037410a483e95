/**
 * C2: a ResNet-152 for one of the marginals of A2D's labels: who acts (7 labels) or what is done (9).
 * papers/001, the flow-line team, sections 2.2 and 2.3.1; trained as their joint model, C1.
 */
import { z } from 'zod';
import { a2dActionLabels, a2dActorLabels } from '../../src/core/labels.ts';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { resnet, resnetDepths } from '../backbones/resnet.ts';
import { sigmoidClassifier } from '../heads/classifier.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { jointTraining, tinyJointTraining } from './joint-training.ts';
import { priorProbability } from './per-class-detection.ts';

const marginals = { actors: a2dActorLabels, actions: a2dActionLabels };
const tiny = { depth: 'tiny', size: 64, prior: 0.15 } as const;

export const marginalResnet = defineSystem({
  name: 'marginal-resnet',
  id: 'C2',
  title: 'Actor-only and action-only ResNet',
  config: z.strictObject({
    of: z.enum(['actors', 'actions']).default('actors'),
    depth: z.enum(resnetDepths).default('152'),
    size: z.int().positive().default(224),
    prior: priorProbability,
  }),
  presets: {
    'actor-resnet-152': { config: { of: 'actors' } },
    'action-resnet-152': { config: { of: 'actions' } },
    'actor-resnet-tiny': { config: { ...tiny, of: 'actors' }, recipe: tinyJointTraining },
    'action-resnet-tiny': { config: { ...tiny, of: 'actions' }, recipe: tinyJointTraining },
  },
  recipe: jointTraining,
  reported: { precision: null, recall: null, f1: null },
  auxiliary: ['logits'],
  space: ({ of }) => marginals[of].name,
  inputs: ({ size }) => ({ frame: frame(square(size)) }),
  build({ of, depth, size, prior }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const labels = marginals[of].names.length;
    const features = resnet(picture, { depth, seed });
    const { probabilities, logits } = sigmoidClassifier(features, { labels, seed, prior });
    return tf.model({ inputs: picture, outputs: [probabilities, logits], name: 'marginal_resnet' });
  },
});
