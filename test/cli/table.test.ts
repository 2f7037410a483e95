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
