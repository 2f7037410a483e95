import { expect, it } from 'vitest';
import { defineConverter, findConverter, storedAxis, type Value } from '../../src/onnx/converter.ts';

const value = (layout: Value['layout'], rank: number): Value => ({
  ...{ name: 'x', dtype: 'float32', layout },
  shape: Array<null>(rank).fill(null),
});

it.each<[Value['layout'], number, number[]]>([
  ['tfjs', 4, [0, 1, 2, 3]],
  ['tfjs', 1, [0]],
  // [N, H, W, C] is stored as [N, C, H, W].
  ['channels-first', 4, [0, 2, 3, 1]],
  ['channels-first', 5, [0, 2, 3, 4, 1]],
  ['channels-first', 3, [0, 2, 1]],
  ['channels-first', 2, [0, 1]],
])('an axis of a value in the order %s, of rank %i, is stored where it is', (layout, rank, places) => {
  for (const [axis, place] of places.entries()) {
    expect(storedAxis(value(layout, rank), axis)).toBe(place);
    expect(storedAxis(value(layout, rank), axis - rank)).toBe(place);
  }
});

it('a converter is found by its class, the last defined one', () => {
  const first = defineConverter('ConverterTest', (_, [input]) => input);
  expect(findConverter('ConverterTest')).toBe(first);
  const convert = () => [];
  const second = defineConverter('ConverterTest', convert);
  expect(findConverter('ConverterTest')).toBe(second);
  expect(second).toEqual({ className: 'ConverterTest', convert });
  expect(findConverter('NoSuchLayer')).toBeUndefined();
});
