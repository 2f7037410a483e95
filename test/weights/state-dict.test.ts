import { describe, expect, it } from 'vitest';
import { type Pickled, PickledDict } from '../../src/weights/pickle-stack.ts';
import { findStateDict } from '../../src/weights/state-dict.ts';

function dictOf(entries: Iterable<readonly [Pickled, Pickled]>): PickledDict {
  const dict = new PickledDict();
  for (const [key, value] of entries) dict.set(key, value);
  return dict;
}

describe('findStateDict', () => {
  it('looks once into a dict that stands under many keys', () => {
    const count = 300_000;
    const shared = dictOf(Array.from({ length: count }, (_, i) => [i, null]));
    const outer = dictOf(Array.from({ length: count }, (_, i) => [`${i}`, shared]));
    expect(() => findStateDict(outer, 'x')).toThrow(/a dict of /);
  });

  it('quotes the names in an error', () => {
    const names = ['\x1b[31mR\x07\r', 'n'.repeat(1000)];
    expect(() => findStateDict(dictOf(names.map((name) => [name, null])), 'x')).toThrow(
      `received a dict of "\\u001b[31mR\\u0007\\r", "${'n'.repeat(79)}…"; save`,
    );
  });
});
