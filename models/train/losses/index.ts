/** Every loss. To add one: a file here, a line in the list. */
import { Kinds } from '../../../src/core/kind.ts';
import { bce } from './bce.ts';
import { crossEntropy } from './cross-entropy.ts';
import { logLoss } from './log.ts';
import type { Loss } from './loss.ts';
import { perStep } from './per-step.ts';
import { sparseCrossEntropy } from './sparse-cross-entropy.ts';
import { sum } from './sum.ts';

export const losses = new Kinds<Loss>('loss', [logLoss, bce, crossEntropy, sparseCrossEntropy, sum, perStep]);
