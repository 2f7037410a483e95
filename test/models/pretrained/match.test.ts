import { expect, it } from 'vitest';
import { matchPretrained } from '../../../models/pretrained/match.ts';
import { formulaWeight } from './formula-weights.ts';

it('lists more tensors left over than a call takes arguments', () => {
  const stored = formulaWeight('x', [1]);
  const tensors = new Map(Array.from({ length: 200_000 }, (_, i) => [`t${i}`, stored]));
  const { unmatched } = matchPretrained([], { format: 'safetensors', tensors, metadata: {} });
  expect(unmatched).toHaveLength(200_000);
});
