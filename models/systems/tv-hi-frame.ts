/**
 * L2: L1's convolutions, frozen, with a head of 30, 30 and 4 units for the middle frame of TV Human Interaction's videos.
 * papers/003, section 5.2. They come from a run of L1:
 *
 *     actionnx train tv-hi-frame --data TV-HI --out runs/l2 --stage 'from=[{"prefix":"features.","run":"runs/l1"}]'
 */
import { z } from 'zod';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { stridedCnn } from '../backbones/strided-cnn.ts';
import { denseHead } from '../heads/dense-head.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { crossEntropy } from '../train/losses/cross-entropy.ts';
import { adam } from '../train/optimizers/adam.ts';
import { stage } from '../train/stage.ts';
import { cnnWidths, rescaled, tinyCnn } from './stanford-cnn.ts';

const head = stage({
  ...{ name: 'head', epochs: 20, batch: 2, rate: 1e-4 },
  train: [{ weights: 'dense*' }, { weights: 'logits/*' }],
  loss: crossEntropy(),
  optimizer: adam(),
});

export const tvHiFrame = defineSystem({
  name: 'tv-hi-frame',
  id: 'L2',
  title: 'TV-HI frame net',
  config: z.strictObject({
    size: z.int().positive().default(224),
    widths: cnnWidths,
    hidden: z.int().positive().default(30),
    labels: z.int().positive().default(4),
  }),
  presets: {
    'tv-hi-frame-224': { config: {} },
    'tv-hi-frame-tiny': { config: tinyCnn, recipe: [{ ...head, rate: 1e-3 }] },
  },
  recipe: [head],
  reported: { precision: null, recall: null, f1: null },
  auxiliary: ['logits'],
  inputs: ({ size }) => ({ frame: frame({ ...square(size), ...rescaled }) }),
  build({ size, widths, hidden, labels }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const features = stridedCnn(picture, { widths, seed });
    const { probabilities, logits } = denseHead(features, { hidden: [hidden, hidden], labels, seed });
    return tf.model({ inputs: picture, outputs: [probabilities, logits], name: 'tv_hi_frame' });
  },
});
