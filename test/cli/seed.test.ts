import { expect, it } from 'vitest';
import { requireSeed } from '../../cli/seed.ts';

it.each([0, 1, 2 ** 32 - 1])('%d is a seed', (seed) => {
  expect(() => requireSeed(seed)).not.toThrow();
});

it.each([-1, 0.5, 2 ** 32, 2 ** 53 + 2, Number.NaN, Number.POSITIVE_INFINITY])('%d is none', (seed) => {
  expect(() => requireSeed(seed)).toThrow(
    `--seed must be a whole number from 0 to 4294967295; received ${seed}`,
  );
});
