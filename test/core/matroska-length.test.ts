import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { matroskaHead, matroskaLength } from '../../src/core/matroska-length.ts';

const bytesOf = (...hex: string[]) => Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
const header = '1a45dfa3 83 428601';

it('is where the segment ends', () => {
  expect(matroskaLength(bytesOf(header, '18538067 85'))).toBe(8 + 5 + 5);
  expect(matroskaLength(bytesOf(header, '18538067 4102'))).toBe(8 + 6 + 0x102);
  expect(matroskaLength(bytesOf(header, '18538067 01 00000001000000'))).toBe(8 + 12 + 2 ** 24);
  // Beyond 32 bits, with every bit of the widths between, and a byte of ones that is not all.
  expect(matroskaLength(bytesOf(header, '18538067 01 00010000000000'))).toBe(8 + 12 + 2 ** 40);
  expect(matroskaLength(bytesOf(header, '18538067 3f fffe'))).toBe(8 + 7 + 0x1ffffe);
  expect(matroskaLength(bytesOf(header, '18538067 fe'))).toBe(8 + 5 + 0x7e);
  expect(matroskaLength(bytesOf(header, '18538067 80'))).toBe(8 + 5);
  // A longer header, and more behind; wherever they lie in a buffer.
  const more = bytesOf('ffff 1a45dfa3 4004 42860101 18538067 86 114d9b74 00');
  expect(matroskaLength(more.subarray(2))).toBe(10 + 5 + 6);
});

it.each([
  ['of a live file', bytesOf(header, '18538067 01 ffffffffffffff')],
  ['of a live file with a short length', bytesOf(header, '18538067 ff')],
  ['of a file that ends in its header', bytesOf(header, '18538067 01 0000')],
  ['of an MP4', bytesOf('00000018 66747970 69736f6d 00000200')],
  ['of nothing', new Uint8Array(0)],
  ['of a length that is none', bytesOf(header, '18538067 00 01020304')],
  ['of a length of nine bytes', bytesOf(header, '18538067 00 8000000000000001 02030405')],
  ['of a file whose header is of no length', bytesOf('1a45dfa3 ff 18538067 85')],
  ['of a file that ends before its length', bytesOf(header, '18538067')],
  ['of a file whose header has no segment behind it', bytesOf(header, '1f43b675 85')],
  ['of a segment without a header', bytesOf('18538067 85 18538067 85')],
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
