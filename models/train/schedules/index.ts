/** Every schedule. To add one: a file here, a line in the list. */
import { Kinds } from '../../../src/core/kind.ts';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { cosineRestarts } from './cosine-restarts.ts';
import { cyclic } from './cyclic.ts';
import { multiStep } from './multi-step.ts';
import { oneCycle } from './one-cycle.ts';
import { plateau } from './plateau.ts';
import type { Schedule } from './schedule.ts';
import { step } from './step.ts';
import { warmUp } from './warm-up.ts';

export const schedules = new Kinds<Schedule>('schedule', [
  ...[constant, step, multiStep, cosine, cosineRestarts, cyclic, oneCycle, plateau, warmUp],
]);
