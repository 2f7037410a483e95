import { expect, it } from 'vitest';
import { matchPretrained } from '../../../models/pretrained/match.ts';
import { formulaWeight } from './formula-weights.ts';

it('lists more tensors left over than a call takes arguments', () => {
  const stored = formulaWeight('x', [1]);
  const tensors = new Map(Array.from({ length: 200_000 }, (_, i) => [`t${i}`, stored]));
  const { unmatched } = matchPretrained([], { format: 'safetensors', tensors, metadata: {} });
  expect(unmatched).toHaveLength(200_000);
});

it('finds the weights of models inside, by path in files of ours and by module in those of torch', () => {
  const weights = [
    { name: 'conv1/kernel', shape: [1, 1, 3, 2] },
    { name: 'cnn/conv1/kernel', shape: [1, 1, 3, 2] },
    { name: 'cnn/bn/moving_mean', shape: [2] },
  ];
  const torch = new Map([
    ['conv1.weight', formulaWeight('a', [2, 3, 1, 1])],
    ['cnn.conv1.weight', formulaWeight('b', [2, 3, 1, 1])],
    ['cnn.bn.running_mean', formulaWeight('c', [2])],
  ]);
  const own = new Map(weights.map(({ name, shape }) => [name, formulaWeight(name, shape)]));
  for (const tensors of [torch, own]) {
    const { matched, unmatched } = matchPretrained(weights, { format: 'safetensors', tensors, metadata: {} });
    expect(matched.map(({ weight, tensor }) => [weight, tensor])).toEqual(
      weights.map(({ name }, i) => [name, [...tensors.keys()][i]]),
    );
    expect(unmatched).toEqual([]);
  }
});

it('refuses two weights that one tensor would be for', () => {
  const weights = ['a.b/kernel', 'a/b/kernel'].map((name) => ({ name, shape: [2, 2] }));
  const tensors = new Map([['a.b.weight', formulaWeight('a', [2, 2])]]);
  expect(() => matchPretrained(weights, { format: 'pytorch', tensors, metadata: {} })).toThrow(
    'received "a.b/kernel" and "a/b/kernel", both "a.b.weight"',
  );
});
