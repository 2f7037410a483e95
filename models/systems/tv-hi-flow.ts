/**
 * L3: a small 3-D CNN for 16 optical flows of a video of TV Human Interaction, equally spaced.
 * papers/003, section 5.3. The report rescales its input by a factor that it does not give: here flow goes in as pixels
 * of motion, by Farnebäck's method at the report's settings.
 */
import { z } from 'zod';
import { flow } from '../../src/inputs/flow.ts';
import { square } from '../../src/inputs/rgb.ts';
import { type FlowCnnWidths, flowCnn, flowCnnWidths } from '../backbones/flow-cnn.ts';
import { denseHead } from '../heads/dense-head.ts';
import { defineSystem } from '../system.ts';
import { tf } from '../tf.ts';
import { crossEntropy } from '../train/losses/cross-entropy.ts';
import { adam } from '../train/optimizers/adam.ts';
import { stage } from '../train/stage.ts';

/** Filters of the flow network's convolutions; tiny ones for the demo-sized presets. */
export const flowWidths = z
  .tuple([z.int(), z.int(), z.int()])
  .default([...flowCnnWidths]) as z.ZodType<FlowCnnWidths>;

export const tinyFlow = { size: 64, flows: 8, widths: [8, 16, 32] } as const satisfies {
  size: number;
  flows: number;
  widths: FlowCnnWidths;
};

const training = stage({
  ...{ name: 'training', epochs: 20, batch: 2, rate: 1e-3 },
  loss: crossEntropy(),
  optimizer: adam(),
});

export const tvHiFlow = defineSystem({
  name: 'tv-hi-flow',
  id: 'L3',
  title: 'TV-HI flow net',
  config: z.strictObject({
    size: z.int().positive().default(224),
    flows: z.int().positive().default(16),
    widths: flowWidths,
    hidden: z.int().positive().default(100),
    labels: z.int().positive().default(4),
  }),
  presets: {
    'tv-hi-flow-224': { config: {} },
    'tv-hi-flow-tiny': { config: tinyFlow },
  },
  recipe: [training],
  reported: { precision: null, recall: null, f1: null },
  auxiliary: ['logits'],
  inputs: ({ size, flows }) => ({ flow: flow({ ...square(size), frames: flows, at: 'video' }) }),
  build({ size, flows, widths, hidden, labels }, seed) {
    const motion = tf.input({ shape: [flows, size, size, 2], name: 'flow' });
    const features = flowCnn(motion, { widths, seed });
    const { probabilities, logits } = denseHead(features, { hidden: [hidden], labels, seed });
    return tf.model({ inputs: motion, outputs: [probabilities, logits], name: 'tv_hi_flow' });
  },
});
