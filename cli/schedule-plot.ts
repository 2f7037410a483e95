import { usageError } from '../src/core/errors.ts';
import type { KindValue } from '../src/core/kind.ts';
import { schemaFault } from '../src/core/schema-fault.ts';
import { typedKind } from './kind-text.ts';

/** A schedule's rates over ten epochs of ten steps. */
export interface SchedulePlot {
  readonly schedule: KindValue;
  /** Of each step, as multiples of the stage's rate. */
  readonly rates: readonly number[];
  /** The scores of the epochs, where the schedule goes by them. */
  readonly scores: readonly number[] | null;
}

const epochs = 10;
const stepsPerEpoch = 10;
/** For schedules that go by scores: better from epoch to epoch at first, and no longer then. */
const lastImprovement = 3;
const scoreOf = (epoch: number) => Math.min(epoch, lastImprovement) / 10;

/**
 * The rates of a schedule that is written as its name and its options: "warm-up steps=20 after=cosine".
 * @throws UserError (exit 2) for one that there is none of
 */
export async function plotOf(text: string): Promise<SchedulePlot> {
  const { schedules } = await import('../models/train/schedules/index.ts');
  const parsed = schedules.schema.safeParse(typedKind(text));
  if (!parsed.success) {
    throw usageError('a schedule must be a known one, with its options as key=value', {
      received: schemaFault(parsed.error, schedules.schema).replace('the whole: ', ''),
    });
  }
  const schedule = schedules.make(parsed.data);
  let memory: Parameters<typeof schedule.rate>[2] = null;
  const rates: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let i = 0; i < stepsPerEpoch; i++) {
      rates.push(
        schedule.rate(1, { step: rates.length, steps: epochs * stepsPerEpoch, stepsPerEpoch }, memory),
      );
    }
    memory = schedule.watch?.(memory, scoreOf(epoch), 'highest') ?? memory;
  }
  const scores = Array.from({ length: epochs }, (_, i) => scoreOf(i + 1));
  return { schedule: parsed.data, rates, scores: schedule.watch ? scores : null };
}

const rows = 8;
const eighths = ' ▁▂▃▄▅▆▇█';

/** The plot in characters: a column a step, eight rows from 0 to the highest rate. */
export function scheduleChart({ schedule, rates, scores }: SchedulePlot): string {
  const top = Math.max(...rates);
  const label = (rate: number) => `× ${Number(rate.toPrecision(3))}`.padStart(8);
  const lines = Array.from({ length: rows }, (_, row) => {
    const cells = rates.map((rate) => {
      const filled = Math.round((rate / top) * rows * 8) - (rows - 1 - row) * 8;
      return eighths[Math.max(0, Math.min(8, filled))];
    });
    return `${row === 0 ? label(top) : ''.padStart(8)} │${cells.join('')}`.trimEnd();
  });
  const marks = Array.from({ length: epochs }, (_, i) => String(i + 1).padEnd(stepsPerEpoch)).join('');
  return [
    `${schedule.kind} ${JSON.stringify(schedule.options)}: the rate, as a multiple of the stage's`,
    ...lines,
    `${label(0)} └${'─'.repeat(rates.length)}`,
    `${'epoch'.padStart(8)}  ${marks}`.trimEnd(),
    `of ${stepsPerEpoch} steps each, from ${label(rates[0]).trim()} to ${label(rates[rates.length - 1]).trim()}`,
    ...(scores ? [`with scores of ${scores.join(', ')}`] : []),
  ].join('\n');
}
