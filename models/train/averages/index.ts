/** Every way to average weights. To add one: a file here, a line in the list. */
import { Kinds } from '../../../src/core/kind.ts';
import type { AverageRule } from './average.ts';
import { ema } from './ema.ts';
import { swa } from './swa.ts';

export const averages = new Kinds<AverageRule>('average', [swa, ema]);
