/** How C1 and its marginals, C2, are trained: end to end, and then the last layers with a cosine-annealed rate. */
import { bce } from '../train/losses/bce.ts';
import { sgd } from '../train/optimizers/sgd.ts';
import { cosine } from '../train/schedules/cosine.ts';
import { type Recipe, type Stage, stage } from '../train/stage.ts';

const endToEnd = stage({
  ...{ name: 'end to end', epochs: 50, batch: 16, rate: 1e-3 },
  loss: bce(),
  optimizer: sgd({ momentum: 0.9, weightDecay: 1e-4 }),
  augment: ['flip'],
});

function inLastLayers(whole: Stage, { epochs, rate }: { epochs: number; rate: number }): Stage {
  return stage({
    ...{ ...whole, name: 'last layers, annealed', epochs, rate, schedule: cosine() },
    train: [{ weights: 'layer4*' }, { weights: 'logits/*' }],
  });
}

export const jointTraining: Recipe = [endToEnd, inLastLayers(endToEnd, { epochs: 15, rate: 1e-3 })];

/** For the tiny presets, which start from random weights: the report's networks are pretrained, and train for days. */
const fromScratch: Stage = { ...endToEnd, epochs: 8, rate: 2, schedule: cosine() };

export const tinyJointTraining: Recipe = [fromScratch, inLastLayers(fromScratch, { epochs: 4, rate: 0.2 })];
