import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { fc } from '../properties.ts';

const seed = fc.oneof(fc.integer(), fc.string());
const draws = Array.from({ length: 50 });

it('numbers lie in their range', () => {
  const range = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }));
  fc.assert(
    fc.property(seed, range, (seed, [low, width]) => {
      const rng = new Rng(seed);
      const isRight = draws.map(() => {
        const value = rng.uniform(low, low + width);
        const whole = rng.integer(width);
        const isWhole = Number.isInteger(whole) && whole >= 0 && whole < width;
        return value >= low && value < low + width && isWhole && !rng.chance(0) && rng.chance(1);
      });
      expect(isRight).not.toContain(false);
    }),
  );
});

it('a stream goes on from its state as if it had not been left', () => {
  fc.assert(
    fc.property(seed, fc.nat(20), (seed, before) => {
      const rng = new Rng(seed);
      for (let i = 0; i < before; i++) rng.uniform();
      const other = new Rng('another');
      other.state = rng.state;
      expect(draws.map(() => other.uniform())).toEqual(draws.map(() => rng.uniform()));
    }),
  );
});

it('a shuffled list has the same items, and the list itself is left as it was', () => {
  fc.assert(
    fc.property(seed, fc.array(fc.integer()), (seed, items) => {
      const before = [...items];
      const shuffled = new Rng(seed).shuffle(items);
      expect(items).toEqual(before);
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
    }),
  );
});

it('each order of three comes as often as any other', () => {
  const counts = new Map<string, number>();
  const rng = new Rng('orders');
  for (let i = 0; i < 6000; i++) {
    const order = rng.shuffle(['a', 'b', 'c']).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  // Six standard deviations of a binomial of 6000 and 1/6 are 173.
  expect([...counts.values()].map((count) => Math.abs(count - 1000) < 173)).toEqual(Array(6).fill(true));
});

it('what has no weight is never drawn, and what is picked is one of the items', () => {
  const weights = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })), { minLength: 1 });
  fc.assert(
    fc.property(seed, weights, (seed, weights) => {
      fc.pre(weights.some((weight) => weight > 0));
      const rng = new Rng(seed);
      expect(draws.map(() => weights[rng.weighted(weights)] > 0)).not.toContain(false);
      expect(weights).toEqual(expect.arrayContaining(draws.map(() => rng.pick(weights))));
    }),
  );
});

it('normal values are as many as asked for, finite, and twice as far from the mean with twice the deviation', () => {
  fc.assert(
    fc.property(seed, fc.nat(20), fc.integer({ min: -100, max: 100 }), (seed, length, mean) => {
      const values = new Rng(seed).normals(length, 0, 1);
      expect(values).toHaveLength(length);
      const moved = new Rng(seed).normals(length, mean, 2);
      for (const [i, value] of values.entries()) {
        expect(Number.isFinite(value)).toBe(true);
        expect(moved[i]).toBeCloseTo(mean + 2 * value, 4);
      }
    }),
  );
});
