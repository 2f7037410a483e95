import { describe, expect, it } from 'vitest';
import { fromFlowImage, toFlowImage } from '../../src/flow/images.ts';
import { motionMap } from '../../src/flow/motion-map.ts';
import { fc } from '../properties.ts';

/** As one row, or as two where there are that many. */
const field = (...values: number[]) => {
  const height = values.length >= 8 ? 2 : 1;
  return { width: values.length / 2 / height, height, data: Float32Array.from(values) };
};

describe('toFlowImage', () => {
  it('has x, y and the length as bytes, clipped at the bound', () => {
    // Of 10: 127 steps, so that a step is 10/127; the length of (3, 4) is half of the bound, 127.5.
    const { width, height, data } = toFlowImage(field(0, 0, 3, 4, -10, 0, 99, -99), { bound: 10 });
    expect([width, height]).toEqual([2, 2]);
    expect([...data]).toEqual([128, 128, 0, 166, 179, 128, 1, 128, 255, 255, 1, 255]);
  });

  it('leaves the third channel empty where it is told', () => {
    expect([...toFlowImage(field(3, 4), { bound: 10, third: 'zero' }).data]).toEqual([166, 179, 0]);
  });

  it('is bounded at 40 pixels where nothing is said', () => {
    expect([...toFlowImage(field(40, -20)).data]).toEqual([255, 64, 255]);
  });

  it('takes what is not a number for no motion, and infinite motion for the bound', () => {
    const image = toFlowImage(field(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 0));
    expect([...image.data]).toEqual([128, 128, 0, 255, 128, 255]);
  });

  const motions = fc.array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: 2, maxLength: 2 });

  it('is as far from 128 for a motion as for its opposite', () => {
    fc.assert(
      fc.property(motions, ([x, y]) => {
        const [u, v, length] = toFlowImage(field(x, y)).data;
        expect([...toFlowImage(field(-x, -y)).data]).toEqual([256 - u, 256 - v, length]);
      }),
    );
  });

  it('can be turned back, to within half a step where it was not clipped', () => {
    fc.assert(
      fc.property(motions, fc.integer({ min: 1, max: 50 }), (motion, bound) => {
        const { data } = fromFlowImage(toFlowImage(field(...motion), { bound }), { bound });
        motion.forEach((value, i) => {
          const clipped = Math.min(Math.max(value, -bound), bound);
          expect(Math.abs(data[i] - clipped)).toBeLessThanOrEqual(bound / 254 + 1e-5);
        });
      }),
    );
  });

  it('is turned back in its size', () => {
    const flow = field(10, -10, 0, 0, 10, 0, 0, 10);
    expect(fromFlowImage(toFlowImage(flow, { bound: 10 }), { bound: 10 })).toEqual(flow);
  });

  it.each([0, -1, Number.NaN])('refuses a bound of %d', (bound) => {
    const message = `bound must be a number above 0; received ${bound}`;
    expect(() => toFlowImage(field(0, 0), { bound })).toThrow(message);
    expect(() => fromFlowImage({ width: 1, height: 1, data: new Uint8Array(3) }, { bound })).toThrow(message);
  });
});

describe('motionMap', () => {
  it('is 1 from the threshold on, in any direction', () => {
    const flow = field(0, 0, 3, 4, -3, -4, 4.9, 0, 0, 5, Number.NaN, 0);
    expect(motionMap(flow, { threshold: 5 })).toEqual(Uint8Array.of(0, 1, 1, 0, 1, 0));
  });

  it('takes a pixel for motion where nothing is said', () => {
    expect([...motionMap(field(1, 0, 0.99, 0))]).toEqual([1, 0]);
  });

  it.each([0, Number.NaN])('refuses a threshold of %d', (threshold) => {
    expect(() => motionMap(field(0, 0), { threshold })).toThrow(
      `threshold must be a number above 0; received ${threshold}`,
    );
  });
});
