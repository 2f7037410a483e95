import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { schedules } from '../../../../models/train/schedules/index.ts';
import type { Memory } from '../../../../models/train/schedules/schedule.ts';
import type { KindValue } from '../../../../src/core/kind.ts';

// PyTorch's rates: test/golden/schedules.py.
const golden = JSON.parse(readFileSync(new URL('../../../golden/schedules.json', import.meta.url), 'utf8'));
const { base, steps, stepsPerEpoch } = golden as { base: number; steps: number; stepsPerEpoch: number };

const make = (value: unknown) => schedules.make(schedules.schema.parse(value));

function expectClose(received: readonly number[], wanted: readonly number[]): void {
  expect(received).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs(received[i] / value - 1), `step ${i}: ${received[i]}, not ${value}`).toBeLessThan(1e-9);
}

const named = <T extends { value: KindValue }>(cases: T[]) =>
  cases.map((given) => [JSON.stringify(given.value), given] as const);

describe("a schedule's rates are those of torch's", () => {
  test.each(named(golden.cases as { value: KindValue; rates: number[] }[]))('%s', (_, { value, rates }) => {
    const schedule = make(value);
    expectClose(
      rates.map((_, step) => schedule.rate(base, { step, steps, stepsPerEpoch }, null)),
      rates,
    );
  });

  type Plateau = { value: KindValue; best: 'highest' | 'lowest'; rates: number[] };
  test.each(named(golden.plateaus as Plateau[]))('by its scores: %s', (_, { value, best, rates }) => {
    let memory: Memory | null = null;
    const received = (golden.scores as number[]).map((score) => {
      // What it remembers goes through a checkpoint each time.
      const schedule = make(value);
      const rate = schedule.rate(base, { step: 0, steps, stepsPerEpoch }, memory);
      memory = JSON.parse(JSON.stringify(schedule.watch?.(memory, score, best)));
      return rate;
    });
    expectClose(received, rates);
  });
});

test('a floor above the rate does not raise it', () => {
  const schedule = make({ kind: 'plateau', options: { floor: 0.1 } });
  expect(schedule.rate(0.05, { step: 0, steps, stepsPerEpoch }, null)).toBe(0.05);
});

test('a cosine ends at its floor', () => {
  expect(make('cosine').rate(base, { step: 24, steps, stepsPerEpoch }, null)).toBe(0);
});

test('a plateau after a warm-up remembers, too', () => {
  const schedule = make({
    kind: 'warm-up',
    options: { steps: 2, after: { kind: 'plateau', options: { patience: 0 } } },
  });
  const first = schedule.watch!(null, 0.5, 'highest');
  const second = schedule.watch!(first, 0.5, 'highest');
  expect([0, 1, 2].map((step) => schedule.rate(1, { step, steps, stepsPerEpoch }, second))).toEqual([
    ...[0.1, 0.55, 0.1],
  ]);
});
