import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { BrokenSamples } from '../../src/datasets/broken-samples.ts';

const broken = new UserError('cannot decode a.png', { received: 'nothing' });

describe('BrokenSamples', () => {
  it('ends the work at the first where none are skipped', () => {
    const samples = new BrokenSamples(false);
    expect(samples.skip).toBe(false);
    expect(() => samples.report('a', broken)).toThrow(broken);
    expect(samples.list).toEqual([]);
  });

  it('lists them where they are skipped, each once, with the last reason', () => {
    const samples = new BrokenSamples(true);
    expect(samples.skip).toBe(true);
    samples.report('a', broken);
    samples.report('b', broken);
    samples.report('a', new UserError('cannot read a.mat'));
    expect(samples.list).toEqual([
      { id: 'a', reason: 'cannot read a.mat' },
      { id: 'b', reason: 'cannot decode a.png; received nothing' },
    ]);
  });

  it('takes a programming error for no broken sample', () => {
    const samples = new BrokenSamples(true);
    const error = new TypeError('x is not a function');
    expect(() => samples.report('a', error)).toThrow(error);
    expect(samples.list).toEqual([]);
  });
});
