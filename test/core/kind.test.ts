import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineKind, Kinds, type KindValue, optionsOf } from '../../src/core/kind.ts';

type Shape = () => number;

const square = defineKind({
  kind: 'square',
  title: 'as wide as high',
  options: () => z.strictObject({ side: z.number().positive().default(2) }),
  make:
    ({ side }): Shape =>
    () =>
      side ** 2,
});
const twice = defineKind<z.ZodObject, Shape>({
  kind: 'twice',
  title: 'another one, two times',
  options: (inner) => z.strictObject({ of: inner }),
  make(options, inner) {
    const shape = inner(options.of as KindValue);
    return () => 2 * shape();
  },
});
const shapes = new Kinds<Shape>('shape', [square, twice]);

describe('a kind', () => {
  it('makes plain values, with every option in its place', () => {
    expect(square()).toEqual({ kind: 'square', options: { side: 2 } });
    expect(twice({ of: square({ side: 3 }) })).toEqual({
      kind: 'twice',
      options: { of: { kind: 'square', options: { side: 3 } } },
    });
    expect(JSON.parse(JSON.stringify(square({ side: 5 })))).toEqual(square({ side: 5 }));
  });

  it('becomes what works, those inside others too', () => {
    expect(shapes.make(square({ side: 3 }))()).toBe(9);
    expect(shapes.make(twice({ of: twice({ of: square() }) }))()).toBe(16);
  });

  it('is taken by its bare name, and with options left out', () => {
    expect(shapes.schema.parse('square')).toEqual(square());
    expect(shapes.schema.parse({ kind: 'square' })).toEqual(square());
    expect(shapes.schema.parse({ kind: 'twice', options: { of: 'square' } })).toEqual(
      twice({ of: square() }),
    );
  });

  it.each<[unknown, PropertyKey[], string]>([
    ['squar', [], 'there is no shape "squar"; did you mean square?'],
    [{ kind: 'circle', options: {} }, [], 'there is no shape "circle"; known: square, twice'],
    [{ options: {} }, [], 'there is no shape without a kind; known: square, twice'],
    [null, [], 'there is no shape without a kind; known: square, twice'],
    [7, [], 'there is no shape without a kind; known: square, twice'],
    [{ kind: 'square', option: {} }, ['option'], 'there is no such key; known: kind, options'],
    [
      { kind: 'square', options: { sied: 1 } },
      ['options'],
      'of square: sied: there is no such key; did you mean side?',
    ],
    [{ kind: 'square', options: { side: -1 } }, ['options'], 'of square: side: Too small'],
    [
      { kind: 'twice', options: { of: { kind: 'square', options: { side: 'x' } } } },
      ['options'],
      'of twice: of.options: of square: side: Invalid input',
    ],
  ])('that is none is told: %j', (value, path, message) => {
    const { error } = shapes.schema.safeParse(value);
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0].path).toEqual(path);
    expect(error?.issues[0].message).toContain(message);
  });

  it('is there once', () => {
    expect(shapes.all.map(({ kind, title }) => `${kind}: ${title}`)).toEqual([
      'square: as wide as high',
      'twice: another one, two times',
    ]);
    expect(() => new Kinds<Shape>('shape', [square, square])).toThrow('two kinds of shape share a name');
    expect(() => shapes.make({ kind: 'circle', options: {} })).toThrow('unknown shape circle');
  });
});

it('options are listed with their defaults, and those that have to be given', () => {
  expect(optionsOf(square)).toEqual([{ name: 'side', default: 2, isRequired: false }]);
  expect(optionsOf(twice)).toEqual([{ name: 'of', default: undefined, isRequired: true }]);
});
