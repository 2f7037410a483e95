import { describe, expect, it } from 'vitest';
import { Opaque, type Pickled, PickledDict } from '../../src/weights/pickle-stack.ts';
import { checkpointMetadata, findStateDict } from '../../src/weights/state-dict.ts';
import { TorchTensor } from '../../src/weights/torch-objects.ts';

function dictOf(entries: Iterable<readonly [Pickled, Pickled]>): PickledDict {
  const dict = new PickledDict();
  for (const [key, value] of entries) dict.set(key, value);
  return dict;
}

/** A dict of what a record holds, records in it too. */
function dict(record: { readonly [key: string]: Pickled }): PickledDict {
  return dictOf(
    Object.entries(record).map(([key, value]) => [
      key,
      Object.getPrototypeOf(value ?? 0) === Object.prototype
        ? dict(value as { [key: string]: Pickled })
        : value,
    ]),
  );
}

const tensorOf = (...shape: number[]) =>
  new TorchTensor({ dtype: 'float32', shape, bytes: () => new Uint8Array() });
const [w, b, other] = [tensorOf(1), tensorOf(2), tensorOf(3)];

/** The names that are found and their extents, and the keys that lead to them. */
function found(record: { readonly [key: string]: Pickled }) {
  const { tensors, path, others } = findStateDict(dict(record), 'x');
  return [
    Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape[0]])),
    path.join('.'),
    others,
  ];
}

describe('findStateDict', () => {
  it('takes tensors by name, and leaves all else out', () => {
    const mixed = dictOf([
      ['w', w],
      [7, b],
      ['epoch', 3],
      ['b', b],
      ['list', [b]],
    ]);
    const { tensors, path, others } = findStateDict(mixed, 'x');
    expect([...tensors]).toEqual([
      ['w', w.stored],
      ['b', b.stored],
    ]);
    expect([path, others]).toEqual([[], []]);
  });

  it.each(['state_dict', 'model_state_dict', 'model_state', 'model', 'module', 'net', 'network', 'weights'])(
    'goes into %s, beside other dicts of tensors and tensors',
    (key) => {
      expect(found({ ema: { w: other }, [key]: { w, b }, lr: 1 })).toEqual([{ w: 1, b: 2 }, key, ['ema']]);
      expect(found({ [key]: { w, b }, loss: other })).toEqual([{ w: 1, b: 2 }, key, []]);
    },
  );

  it('goes into the likeliest of several, and tells of the others', () => {
    expect(found({ weights: { w: other }, model: { w: other }, state_dict: { w } })).toEqual([
      { w: 1 },
      'state_dict',
      ['weights', 'model'],
    ]);
  });

  it('goes into the only dict that holds tensors, whatever its name', () => {
    expect(found({ generator: { w }, config: { depth: 3 }, names: ['a'] })).toEqual([
      { w: 1 },
      'generator',
      [],
    ]);
    expect(found({ generator: { state_dict: { w } }, lr: 3 })).toEqual([
      { w: 1 },
      'generator.state_dict',
      [],
    ]);
  });

  it('takes a lone dict beside tensors for something else of the checkpoint', () => {
    expect(found({ w, b, momentum: { w: other } })).toEqual([{ w: 1, b: 2 }, '', []]);
  });

  it('goes three keys deep, and tells of others beside the last of them', () => {
    expect(found({ model: { net: { weights: { w }, ema: { w: other } } }, swa: { w: other } })).toEqual([
      { w: 1 },
      'model.net.weights',
      ['ema'],
    ]);
    expect(() => found({ model: { model: { model: { model: { w } } } } })).toThrow(
      /received a dict of "w"; save/,
    );
  });

  it.each<[string, Pickled, string]>([
    ['a tensor', w, 'a single tensor'],
    ['a list', [w], 'a list'],
    ['a number', 7, 'something else'],
    ['nothing', null, 'something else'],
    ['an object', new Opaque('a.B'), 'an object of "a.B"'],
    [
      'an object where the weights should be',
      dict({ epoch: 1, net: new Opaque('a.B') }),
      'an object of "a.B" under "net"',
    ],
    ['an empty dict', dict({}), 'a dict without names'],
    ['a dict of numbers', dictOf([[1, w]]), 'a dict without names'],
    ['two that could be meant', dict({ a: { w }, b: { w } }), 'a dict of "a", "b"'],
    ['a usual dict of none', dict({ state_dict: { a: { w }, b: { w } } }), 'a dict of "state_dict"'],
    [
      'eight names',
      dictOf([...'abcdefgh'].map((key) => [key, 1])),
      'a dict of "a", "b", "c", "d", "e", "f", "g", "h"',
    ],
    [
      'nine names and a number',
      dictOf([[0, 0], ...[...'abcdefghi'].map((key): [Pickled, Pickled] => [key, 1])]),
      'a dict of "a", "b", "c", "d", "e", "f", "g", "h", …',
    ],
  ])('refuses %s', (_, value, received) => {
    expect(() => findStateDict(value, 'x')).toThrow(
      `x must hold a state dict: names and their tensors; received ${received}; save model.state_dict()`,
    );
  });

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

describe('checkpointMetadata', () => {
  it('tells which dict was taken, of which, and what was left out', () => {
    expect(checkpointMetadata({ path: [], others: [] }, new Set())).toEqual({});
    const names = Array.from({ length: 8 }, (_, i) => `a.B${i}`);
    expect(checkpointMetadata({ path: ['model', 'net'], others: ['ema', 'swa'] }, new Set(names))).toEqual({
      stateDict: 'model.net',
      otherDicts: 'ema, swa',
      skippedObjects: names.join(', '),
    });
    expect(checkpointMetadata({ path: [], others: [] }, new Set([...names, 'c', 'd']))).toEqual({
      skippedObjects: `${names.join(', ')} and 2 more`,
    });
  });
});
