import { expect, it } from 'vitest';
import { Scratch } from '../../src/core/scratch.ts';

it('hands out the same memory, of the length asked for, and more where it is too small', () => {
  const scratch = new Scratch();
  expect(scratch.floats(0)).toHaveLength(0);
  const large = scratch.floats(100);
  expect(large).toBeInstanceOf(Float32Array);
  expect(large).toHaveLength(100);
  const small = scratch.floats(40);
  expect([small.length, small.buffer === large.buffer, small.byteOffset]).toEqual([40, true, 0]);
  expect(scratch.floats(100).buffer).toBe(large.buffer);
  const larger = scratch.floats(101);
  expect([larger.length, larger.buffer === large.buffer]).toEqual([101, false]);
  expect(scratch.floats(100).buffer).toBe(larger.buffer);
});
