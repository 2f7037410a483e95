import { expect, it } from 'vitest';
import { inspectPng } from '../../src/image/png-file.ts';
import { goldenColours, pngRow, profileChunk } from './odd-images.ts';

const p3 = Buffer.from(goldenColours.profiles['display-p3'], 'base64');
const withProfile = (bytes: Uint8Array) =>
  pngRow(goldenColours.values, { depth: 8, kind: 2 }, profileChunk(bytes));

it('takes what follows a profile for part of it, up to a size that no profile has', async () => {
  expect(await inspectPng(withProfile(p3))).not.toBeNull();
  expect(await inspectPng(withProfile(Buffer.concat([p3, new Uint8Array(2 ** 20)])))).not.toBeNull();
  // A few kilobytes in the file, and 32 MiB in memory: as damaged as one that cannot be inflated.
  expect(await inspectPng(withProfile(Buffer.concat([p3, new Uint8Array(2 ** 25)])))).toBeNull();
});
