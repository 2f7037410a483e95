import { usageError } from '../core/errors.ts';

/** @throws UserError unless the value is a whole number from `least` on */
export function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw usageError(`${name} must be a whole number, ${least} or more`, { received: String(value) });
}

/** @throws UserError unless the value is a number above 0 and, where one is given, below `limit` */
export function checkPositive(name: string, value: number, limit = Number.POSITIVE_INFINITY): void {
  if (value > 0 && value < limit) return;
  const rule = limit === Number.POSITIVE_INFINITY ? 'a number above 0' : `above 0 and below ${limit}`;
  throw usageError(`${name} must be ${rule}`, { received: String(value) });
}
