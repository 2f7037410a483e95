import { describe, expect, it } from 'vitest';
import { type BundleManifest, parseManifest } from '../../src/core/bundle.ts';
import { UserError } from '../../src/core/errors.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

const frame = (await tinyBundle('tiny-frame')).manifest;
const clip = (await tinyBundle('tiny-clip')).manifest;

/** A copy as it would be read from a file, with something else at a path such as `labels.names.1`. */
function withValue(manifest: BundleManifest, path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(manifest));
  const keys = path.split('.');
  const last = keys.pop() as string;
  const owner = keys.reduce((current, key) => current[key], copy);
  owner[last] = value;
  return copy;
}

describe('parseManifest', () => {
  it('gives back what it was given', () => {
    for (const manifest of [frame, clip]) {
      expect(parseManifest(JSON.parse(JSON.stringify(manifest)), 'bundle.json')).toEqual(manifest);
    }
  });

  it('takes labels without codes', () => {
    expect(parseManifest(withValue(frame, 'labels.codes', []), 'bundle.json').labels.codes).toEqual([]);
  });

  it('takes a clip of one frame', () => {
    expect(parseManifest(withValue(clip, 'input.frames', 1), 'bundle.json').input.frames).toBe(1);
  });

  const size = { frames: 1, speed: 1, height: 8, width: 8 };
  const hash = 'a sha256 in hexadecimal';
  it.each<[string, BundleManifest, string, unknown, string]>([
    ['a frame of five frames', frame, 'input.frames', 5, 'input.frames: must be 1, as the speed'],
    ['a frame with a speed', frame, 'input.speed', 2, 'input.frames: must be 1, as the speed'],
    ['a frame of windows', frame, 'input.windows', [size, size], 'input.'],
    ['a label twice', frame, 'labels.names.1', frame.labels.names[0], 'adult-climbing is there twice'],
    ['a label of two lines', frame, 'labels.names.1', 'a\nb', 'labels.names.1: must be one line'],
    ['a label without a name', frame, 'labels.names.1', ' ', 'labels.names.1: must be one line'],
    [
      'one code for two labels',
      frame,
      'labels.codes.1',
      11,
      'labels.codes: must be different; 11 is there twice',
    ],
    ['fewer codes than labels', frame, 'labels.codes', [11], 'one a label; 1 for 43 labels'],
    ['a deviation of 0', frame, 'input.std.1', 0, 'input.std.1'],
    ['a negative deviation', frame, 'input.std.2', -0.2, 'input.std.2'],
    ['another resize', frame, 'input.resize', 'bicubic', 'input.resize'],
    ['an output twice', frame, 'outputs.1', { name: 'probabilities', shape: ['N', 43] }, 'different names'],
    ['no probabilities', frame, 'outputs.0.name', 'logits', 'outputs: must have probabilities'],
    ['any text as the hash of the graph', frame, 'graph.sha256', 'abc', `graph.sha256: must be ${hash}`],
    [
      'upper case',
      frame,
      'golden.sha256',
      frame.golden.sha256.toUpperCase(),
      `golden.sha256: must be ${hash}`,
    ],
    ['no hash of the labels', frame, 'labels.hash', '', `labels.hash: must be ${hash}`],
    ['a path for the graph', frame, 'graph.file', '../model.onnx', 'graph.file'],
    ['an unknown key', frame, 'threshhold', 0.3, 'Unrecognized key: "threshhold"'],
    ['an unknown key of the input', frame, 'input.crop', 'centre', 'input: Unrecognized key: "crop"'],
    ['a newer format', frame, 'formatVersion', 9, 'formatVersion'],
  ])('refuses %s', (_, manifest, path, value, message) => {
    const read = () => parseManifest(withValue(manifest, path, value), 'bundle.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });
});
