/**
 * L1: a small CNN for one frame, made for Stanford-40: five strided convolutions, 80 hidden units, 40 actions.
 * papers/003, section 5.1. Rescaling to 0–1 is the graph's normalisation here. The report halves Adam's rate every four
 * of 15 epochs; its loss is the cross-entropy of the true action.
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { type StridedCnnWidths, stridedCnn, stridedCnnWidths } from '../backbones/strided-cnn.ts';
import { denseHead } from '../heads/dense-head.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { crossEntropy } from '../train/losses/cross-entropy.ts';
import { adam } from '../train/optimizers/adam.ts';
import { step } from '../train/schedules/step.ts';
import { stage } from '../train/stage.ts';

/** Levels of 0–1, as they are. */
export const rescaled = { mean: [0, 0, 0], std: [1, 1, 1] } satisfies Record<
  string,
  [number, number, number]
>;

/** Filters of the convolutions; tiny ones for the demo-sized presets. */
export const cnnWidths = z
  .tuple([z.int(), z.int(), z.int(), z.int(), z.int()])
  .default([...stridedCnnWidths]) as z.ZodType<StridedCnnWidths>;

export const tinyCnn = { size: 64, widths: [16, 32, 64, 64, 64] } as const satisfies {
  size: number;
  widths: StridedCnnWidths;
};

const training = stage({
  ...{ name: 'training', epochs: 15, batch: 8, rate: 1e-3 },
  loss: crossEntropy(),
  optimizer: adam(),
  schedule: step({ every: 4, factor: 0.5 }),
});

export const stanfordCnn = defineSystem({
  name: 'stanford-cnn',
  id: 'L1',
  title: 'Stanford-40 CNN',
  config: z.strictObject({
    size: z.int().positive().default(224),
    widths: cnnWidths,
    hidden: z.int().positive().default(80),
    labels: z.int().positive().default(40),
  }),
  presets: {
    'stanford-cnn-224': { config: {} },
    // The synthetic set is small: more epochs over it, at the same schedule.
    'stanford-cnn-tiny': {
      config: tinyCnn,
      recipe: [{ ...training, epochs: 60, batch: 16, schedule: step({ every: 15, factor: 0.5 }) }],
    },
  },
  recipe: [training],
  reported: { precision: null, recall: null, f1: null },
  auxiliary: ['logits'],
  inputs: ({ size }) => ({ frame: frame({ ...square(size), ...rescaled }) }),
  build({ size, widths, hidden, labels }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const features = stridedCnn(picture, { widths, seed });
    const { probabilities, logits } = denseHead(features, { hidden: [hidden], labels, seed });
    return tf.model({ inputs: picture, outputs: [probabilities, logits], name: 'stanford_cnn' });
  },
});
