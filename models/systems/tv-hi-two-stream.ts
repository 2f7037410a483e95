/**
 * L4: two streams fused, both frozen: L2 up to its first hidden layer, and L3's convolutions; their features side by side
 * go through hidden layers of 128 and 64. papers/003, section 6. The streams come from runs of theirs:
 *
 *     actionnx train tv-hi-two-stream --data TV-HI --out runs/l4 --stage 'from=[{"prefix":"features.","run":"runs/l2"},
 *       {"prefix":"dense0","run":"runs/l2"},{"prefix":"flow.","run":"runs/l3"}]'
 *
 * The report trains for 20 epochs, one sample a step.
 */
import { z } from 'zod';
import { flow } from '../../src/inputs/flow.ts';
import { frame } from '../../src/inputs/frame.ts';
import { square } from '../../src/inputs/rgb.ts';
import { flowCnn } from '../backbones/flow-cnn.ts';
import { stridedCnn } from '../backbones/strided-cnn.ts';
import { denseBlock, denseHead } from '../heads/dense-head.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { crossEntropy } from '../train/losses/cross-entropy.ts';
import { adam } from '../train/optimizers/adam.ts';
import { stage } from '../train/stage.ts';
import { cnnWidths, rescaled, tinyCnn } from './stanford-cnn.ts';
import { flowWidths, tinyFlow } from './tv-hi-flow.ts';

const fusion = stage({
  ...{ name: 'fusion', epochs: 20, batch: 1, rate: 1e-4 },
  train: [{ weights: 'fusion*' }, { weights: 'logits/*' }],
  loss: crossEntropy(),
  optimizer: adam(),
});

export const tvHiTwoStream = defineSystem({
  name: 'tv-hi-two-stream',
  id: 'L4',
  title: 'TV-HI two-stream fusion',
  config: z.strictObject({
    size: z.int().positive().default(224),
    flows: z.int().positive().default(16),
    frameWidths: cnnWidths,
    flowWidths,
    /** Of the frame stream's own hidden layer. */
    hidden: z.int().positive().default(30),
    labels: z.int().positive().default(4),
  }),
  presets: {
    'tv-hi-two-stream-224': { config: {} },
    'tv-hi-two-stream-tiny': {
      config: {
        size: tinyCnn.size,
        flows: tinyFlow.flows,
        frameWidths: tinyCnn.widths,
        flowWidths: tinyFlow.widths,
      },
      recipe: [{ ...fusion, rate: 1e-3 }],
    },
  },
  recipe: [fusion],
  reported: { precision: null, recall: null, f1: null },
  auxiliary: ['logits'],
  inputs: ({ size, flows }) => ({
    frame: frame({ ...square(size), ...rescaled }),
    flow: flow({ ...square(size), frames: flows, at: 'video' }),
  }),
  build({ size, flows, frameWidths, flowWidths, hidden, labels }, seed) {
    const picture = tf.input({ shape: [size, size, 3], name: 'frame' });
    const motion = tf.input({ shape: [flows, size, size, 2], name: 'flow' });
    const seen = denseBlock(stridedCnn(picture, { widths: frameWidths, seed }), {
      ...{ name: 'dense0', units: hidden, seed },
    });
    const moved = flowCnn(motion, { widths: flowWidths, seed });
    const features = tf.layers.concatenate({ name: 'streams' }).apply([seen, moved]);
    const head = { hidden: [128, 64], labels, seed, name: 'fusion' };
    const { probabilities, logits } = denseHead(features as never, head);
    return tf.model({
      ...{ inputs: [picture, motion], outputs: [probabilities, logits], name: 'tv_hi_two_stream' },
    });
  },
});
