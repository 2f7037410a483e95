import { expect, it } from 'vitest';
import { Registry } from '../../src/core/registry.ts';

const [zoo, ant] = [
  { name: 'zoo', size: 1 },
  { name: 'ant', size: 2 },
];

it('has its entries by name, in the order they were listed', () => {
  const registry = new Registry('system', [zoo, ant]);
  expect(registry.names).toEqual(['zoo', 'ant']);
  expect(registry.all).toEqual([zoo, ant]);
  expect([registry.get('ant'), registry.has('zoo'), registry.has('Zoo')]).toEqual([ant, true, false]);
});

it('names what is known where something is not', () => {
  const registry = new Registry('system', [zoo, ant]);
  expect(() => registry.get('bee"')).toThrow(
    expect.objectContaining({
      message: 'unknown system; received "bee\\""; known: zoo, ant',
      exitCode: 2,
    }),
  );
  // Names of an object's own properties are none of the registry.
  expect(registry.has('constructor')).toBe(false);
});

it('has no two of a name', () => {
  expect(() => new Registry('system', [zoo, ant, { name: 'zoo', size: 3 }])).toThrow(
    'two entries of the system registry share a name',
  );
  expect(new Registry('system', []).names).toEqual([]);
});
