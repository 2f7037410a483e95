import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { matroskaHead, matroskaLength } from '../../src/core/matroska-length.ts';

const bytesOf = (...hex: string[]) => Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
const header = '1a45dfa3 83 428601';

it('is where the segment ends', () => {
  expect(matroskaLength(bytesOf(header, '18538067 85'))).toBe(8 + 5 + 5);
  expect(matroskaLength(bytesOf(header, '18538067 4102'))).toBe(8 + 6 + 0x102);
  expect(matroskaLength(bytesOf(header, '18538067 01 00000001000000'))).toBe(8 + 12 + 2 ** 24);
});

it.each([
  ['of a live file', bytesOf(header, '18538067 01 ffffffffffffff')],
  ['of a live file with a short length', bytesOf(header, '18538067 ff')],
  ['of a file that ends in its header', bytesOf(header, '18538067 01 0000')],
  ['of an MP4', bytesOf('00000018 66747970 69736f6d 00000200')],
  ['of nothing', new Uint8Array(0)],
  ['of a length that is none', bytesOf(header, '18538067 00 01020304')],
])('is not known %s', (_, bytes) => {
  expect(matroskaLength(bytes)).toBeNull();
});

it('is that of a file that ffmpeg wrote, and none of what it writes into a pipe', () => {
  const source = ['-v', 'error', '-f', 'lavfi', '-i', 'color=s=16x16:d=1', '-c:v', 'libvpx', '-f', 'webm'];
  const whole = execFileSync('sh', [
    '-c',
    `f=$(mktemp) && ffmpeg ${source.join(' ')} -y "$f" && cat "$f" && rm "$f"`,
  ]);
  expect(matroskaLength(whole.subarray(0, matroskaHead))).toBe(whole.length);
  const piped = execFileSync('ffmpeg', [...source, 'pipe:1']);
  expect(matroskaLength(piped.subarray(0, matroskaHead))).toBeNull();
});
