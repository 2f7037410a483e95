import { expect, it } from 'vitest';
import { table } from '../../cli/table.ts';

/** Without the terminal's bold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const plain = (text: string) => text.replace(/\x1b\[\d+m/g, '');

it('lines columns up, numbers to the right, with three decimals where one has a fraction', () => {
  const drawn = table(
    ['system', 'F1', 'n', 'time', 'note'],
    [
      ['pcd-resnet', 0.61234, 1200, '3.5 s', 'a'],
      ['ensemble', 1, 9, '–', '12 of 43'],
    ],
  );
  expect(plain(drawn).split('\n')).toEqual([
    'system         F1     n   time  note',
    '──────────────────────────────────────────',
    'pcd-resnet  0.612  1200  3.5 s  a',
    'ensemble    1.000     9      –  12 of 43',
  ]);
});

it('measures wide characters as a terminal shows them', () => {
  const [, , first, second] = plain(
    table(
      ['name', 'n'],
      [
        ['歩く', 1],
        ['walk', 2],
      ],
    ),
  ).split('\n');
  expect([first, second]).toEqual(['歩く  1', 'walk  2']);
});

it('lines up more rows than fit on the stack, across the blocks that they are drawn in', () => {
  const rows = Array.from({ length: 130_000 }, () => []);
  expect(() => table([], rows)).not.toThrow();
  const lines = plain(
    table(
      ['n', 'name'],
      Array.from({ length: 1001 }, (_, i) => [i, 'x'.repeat(i % 150)]),
    ),
  ).split('\n');
  expect(lines).toHaveLength(1003);
  expect(lines[1]).toBe('─'.repeat(4 + 2 + 149 + 2));
  expect(lines[2 + 1]).toBe('   1  x');
  expect(lines[2 + 999]).toBe(` 999  ${'x'.repeat(99)}`);
  expect(lines[2 + 1000]).toBe(`1000  ${'x'.repeat(100)}`);
});
