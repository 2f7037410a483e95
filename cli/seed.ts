import { usageError } from '../src/core/errors.ts';

/** Seeds are 32 bits wide. */
export const greatestSeed = 2 ** 32 - 1;

/** @throws UserError (exit 2) for what is no whole number from 0 to the greatest: JavaScript takes greater ones for others */
export function requireSeed(seed: number, greatest = greatestSeed): void {
  if (Number.isInteger(seed) && seed >= 0 && seed <= greatest) return;
  throw usageError(`--seed must be a whole number from 0 to ${greatest}`, { received: String(seed) });
}
