/** Every optimiser. To add one: a file here, a line in the list. */
import { Kinds } from '../../../src/core/kind.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import type { UpdateRule } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizers = new Kinds<UpdateRule>('optimizer', [sgd, adam, adamw, rmsprop]);
