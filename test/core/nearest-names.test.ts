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

// The optimal string alignment distance of each pair, counted by hand.
it.each([
  ['run', ['runs'], true, 'a letter left out'],
  ['runss', ['runs'], true, 'a letter too many'],
  ['runxx', ['runs'], false, 'two edits of four letters'],
  ['walke', ['walks'], true, 'a letter replaced'],
  ['wlakx', ['walks'], true, 'two edits of five letters'],
  ['wlaxx', ['walks'], false, 'three edits of five letters'],
  ['awlks', ['walks'], true, 'neighbours swapped at the beginning'],
  ['awlsk', ['walks'], true, 'neighbours swapped twice'],
  ['abxy', ['bcxy'], false, 'one of two neighbours moved'],
  ['abxy', ['caxy'], false, 'the other of two neighbours moved'],
  ['klaws', ['walks'], false, 'letters swapped that are no neighbours'],
  ['a', ['b'], false, 'a letter for a letter'],
  ['a', ['ab'], false, 'no more letters than edits'],
  ['ab', ['b'], true, 'one edit of two letters'],
  ['same', ['same'], true, 'no edit'],
])('%j and %j: %s, %s', (typed, others, isMeant) => {
  expect(nearestNames(typed, others)).toEqual(isMeant ? others : []);
});

it('leaves out what is further away than the nearest', () => {
  expect(nearestNames('threshol', ['thresholds', 'threshold', 'threshole'])).toEqual([
    'threshold',
    'threshole',
  ]);
});

it('knows nothing where nothing is known', () => {
  expect(nearestNames('out', [])).toEqual([]);
});
