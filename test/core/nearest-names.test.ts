import { expect, it } from 'vitest';
import { nearestNames } from '../../src/core/nearest-names.ts';

const known = ['at', 'to', 'out', 'name', 'mean', 'threshold', 'calibration', 'max-f1-loss'];

it.each([
  ['treshold', ['threshold']],
  ['thresohld', ['threshold']],
  ['maxf1loss', ['max-f1-loss']],
  ['maen', ['mean']],
  ['ot', ['at', 'to', 'out']],
  ['calibrate', []],
  ['threads', []],
  ['mode', []],
  ['o', []],
  ['', []],
])('%j: %j', (typed, meant) => {
  expect(nearestNames(typed, known)).toEqual(meant);
});

it('knows nothing where nothing is known', () => {
  expect(nearestNames('out', [])).toEqual([]);
});
