/**
 * PCD-R(2+1)D: 43 softmax detectors on the pooled feature of an R(2+1)D-18 over 16 frames around the key frame.
 * papers/001, section 4. Trained as PCD-ResNet for 95 epochs, from Kinetics weights, on clips that grow: 4 frames
 * (every other one), then 8 (the reference loader's step is 2 there too), then 16. The report does not say when each
 * stage ends; thirds are ours.
 */
import { z } from 'zod';
import { clip } from '../../src/inputs/clip.ts';
import { square } from '../../src/inputs/rgb.ts';
import { r2plus1d, r2plus1dDepths } from '../backbones/r2plus1d.ts';
import { softmaxDetectors } from '../heads/detectors.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { curriculum } from '../train/stage.ts';
import { perClassDetection, priorProbability, tinyDetection } from './per-class-detection.ts';

export const pcdR2plus1d = defineSystem({
  name: 'pcd-r2plus1d',
  id: 'A4',
  title: 'PCD-R(2+1)D',
  config: z.strictObject({
    depth: z.enum(r2plus1dDepths).default('18'),
    size: z.int().positive().default(224),
    frames: z.int().positive().default(16),
    speed: z.int().positive().default(1),
    labels: z.int().positive().default(43),
    prior: priorProbability,
  }),
  presets: {
    'pcd-r2plus1d-18': { config: {} },
    // Every fourth frame of the same 16, and smaller ones: what that saves is spent on more epochs, and learns far more
    // in minutes.
    'pcd-r2plus1d-tiny': {
      config: { depth: 'tiny', size: 40, frames: 4, speed: 4, prior: 0.05 },
      recipe: curriculum({ ...tinyDetection, epochs: 9 }, [
        { frames: 2, speed: 8, until: 1 / 5 },
        { frames: 4, speed: 4, until: 1 },
      ]),
    },
  },
  recipe: curriculum({ ...perClassDetection, epochs: 95 }, [
    { frames: 4, speed: 2, until: 1 / 3 },
    { frames: 8, speed: 2, until: 2 / 3 },
    { frames: 16, speed: 1, until: 1 },
  ]),
  reported: { precision: 60.9, recall: 68.6, f1: 61.7 },
  inputs: ({ size, frames, speed }) => ({ clip: clip({ ...square(size), frames, speed }) }),
  build({ depth, size, frames, labels, prior }, seed) {
    const pictures = tf.input({ shape: [frames, size, size, 3], name: 'clip' });
    const features = r2plus1d(pictures, { depth, seed });
    return tf.model({
      inputs: pictures,
      outputs: softmaxDetectors(features, { labels, seed, prior }),
      name: 'pcd_r2plus1d',
    });
  },
});
