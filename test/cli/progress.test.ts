import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { duration, progressBar } from '../../cli/progress.ts';

function capture(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 100 });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => stream.read() ?? '' };
}

it('writes the first and the last line to a pipe, and one in five seconds between', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { stream, text } = capture(false);
  const bar = progressBar('train', 100, stream);
  for (let done = 1; done <= 100; done++) {
    vi.advanceTimersByTime(100);
    bar.update(done, { loss: 1 / 3 });
  }
  bar.stop();
  bar.update(1);
  vi.useRealTimers();
  expect(text().trimEnd().split('\n')).toEqual([
    'train 1/100 10 s left  loss 0.3333',
    'train 51/100 5 s left  loss 0.3333',
    'train 100/100   loss 0.3333',
  ]);
});

it('draws over itself on a terminal, and gives the cursor back', () => {
  const { stream, text } = capture(true);
  const bar = progressBar('train', 2, stream);
  bar.update(2, { rate: 0.01 });
  bar.stop();
  const drawn = text();
  expect(drawn).toContain('2/2');
  expect(drawn).toContain('rate 0.01');
  expect(drawn.lastIndexOf('\x1b[?25h')).toBeGreaterThan(drawn.lastIndexOf('\x1b[?25l'));
});

it.each([
  [8.4, '8 s'],
  [125, '2 min 05 s'],
  [3599.7, '1 h 00 min'],
  [4200, '1 h 10 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
