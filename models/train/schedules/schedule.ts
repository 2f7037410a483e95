import { z } from 'zod';

/** Where training stands. Steps are the optimiser's. */
export interface Position {
  /** Steps made before this one: 0 … steps − 1. */
  readonly step: number;
  /** In all the epochs that the schedule is for. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** What a schedule remembers between epochs, in a form that a checkpoint keeps. */
export type Memory = Readonly<Record<string, number>>;

/** How the learning rate changes. */
export interface Schedule {
  /** @param base the stage's or the group's own rate */
  rate(base: number, position: Position, memory: Memory | null): number;
  /**
   * Looks at an epoch's score and says what to remember; for schedules that go by scores.
   * @param best which scores are better
   */
  watch?(memory: Memory | null, score: number, best: 'highest' | 'lowest'): Memory;
}

/** The epochs finished before a step. */
export function epochsBefore({ step, stepsPerEpoch }: Position): number {
  return Math.floor(step / stepsPerEpoch);
}

/** What a rate is multiplied by. */
export const factor = z.number().positive();

export const count = z.int().positive();
