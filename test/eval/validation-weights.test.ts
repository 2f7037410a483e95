import { expect, it } from 'vitest';
import { type ValidatedSystem, validationWeights } from '../../eval/validation-weights.ts';

const system = (name: string, f1: number | null, labels = 'a2d'): ValidatedSystem => ({ name, labels, f1 });
const faultOf = (...systems: ValidatedSystem[]) => validationWeights(systems, 'give others').fault?.message;

it('weighs systems by their share of the F1, those of none with nothing', () => {
  const systems = [system('a', 0.3), system('b', 0), system('c', 0.1)];
  expect(validationWeights(systems, '')).toEqual({
    f1s: [0.3, 0, 0.1],
    weights: [expect.closeTo(0.75, 12), 0, expect.closeTo(0.25, 12)],
    fault: null,
  });
  // The report's systems: A1, A3 and A4 of papers/001.
  const { weights } = validationWeights([system('a', 0.594), system('b', 0.589), system('c', 0.617)], '');
  expect(weights?.map((weight) => weight.toFixed(4))).toEqual(['0.3300', '0.3272', '0.3428']);
});

it('gives the fault instead, by name', () => {
  const missing = 'an ensemble weighs its members by their validation F1; received none';
  expect(faultOf(system('a', 0.5), system('b', null))).toBe(`${missing} in b; give others`);
  expect(faultOf(system('a', null))).toBe(`${missing} in a; give others`);
  expect(faultOf(system('a', 0), system('b', 0))).toBe(`${missing} above 0; give others`);
  expect(faultOf(system('a', 0.5), system('b', 0.5, 'gtea'))).toBe(
    'members of an ensemble must have the same labels in the same order; received other labels for b than for a',
  );
  const { f1s, weights } = validationWeights([system('a', null)], '');
  expect([f1s, weights]).toEqual([null, null]);
});
