import { describe, expect, it } from 'vitest';
import { type BundleManifest, parseManifest } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

const frame = (await tinyBundle('tiny-frame')).manifest;
const clip = (await tinyBundle('tiny-clip')).manifest;

const windowed = (windows: unknown) => {
  const { height, width, mean, std } = clip.inputs[0].options;
  return [{ name: 'frames', kind: 'windows', options: { height, width, mean, std, windows } }];
};

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
    expect(
      parseManifest(withValue(clip, 'inputs.0.options.frames', 1), 'bundle.json').inputs[0].options.frames,
    ).toBe(1);
  });

  const options = 'inputs.0.options';
  const size = { frames: 1, speed: 1, height: 8, width: 8 };
  const hash = 'a sha256 in hexadecimal';
  it.each<[string, BundleManifest, string, unknown, string]>([
    ['a frame of five frames', frame, `${options}.frames`, 5, 'frames: there is no such key'],
    ['a frame with a speed', frame, `${options}.speed`, 2, 'speed: there is no such key'],
    ['a frame of windows', frame, `${options}.windows`, [size, size], 'windows: there is no such key'],
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
    ['a deviation of 0', frame, `${options}.std.1`, 0, 'inputs.0.options: of frame: std.1: '],
    ['a negative deviation', frame, `${options}.std.2`, -0.2, 'of frame: std.2: '],
    ['a resize', frame, `${options}.resize`, 'bicubic', 'resize: there is no such key'],
    ['an input twice', frame, 'inputs.1', frame.inputs[0], 'inputs: must have different names'],
    ['no inputs', frame, 'inputs', [], 'inputs: '],
    ['an input without a name', frame, 'inputs.0.name', '', 'inputs.0.name: '],
    ['scores twice', frame, 'outputs.1', { ...frame.outputs[0], name: 'more' }, 'and no other scores'],
    ['an output twice', frame, 'outputs.2', frame.outputs[1], 'different names'],
    ['a role that is none', frame, 'outputs.1.role', 'heat', 'outputs.1.role'],
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
    ['an unknown key of the input', frame, 'inputs.0.crop', 'centre', 'inputs.0.crop: there is no such key'],
    [
      'an unknown option of the input',
      frame,
      `${options}.crop`,
      'centre',
      'of frame: crop: there is no such key',
    ],
    ['a newer format', frame, 'formatVersion', 9, 'formatVersion'],
  ])('refuses %s', (_, manifest, path, value, message) => {
    const read = () => parseManifest(withValue(manifest, path, value), 'bundle.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });

  const read = (manifest: BundleManifest, path: string, value: unknown) =>
    parseManifest(withValue(manifest, path, value), 'bundle.json');
  const windows = (...sizes: number[][]) =>
    sizes.map(([frames, height, width]) => ({ frames, speed: 1, height, width }));
  const cost = {
    ...{
      meanDifference: 0.001,
      maxDifference: 0.01,
      bytesRatio: 3.9,
      speedRatio: 2.5,
      f1: null,
      calibration: null,
    },
  };
  const f1 = { dataset: 'a2d', split: 'val', samples: 10, float32: 0.6, here: 0.59 };
  const calibration = {
    ...{ dataset: 'a2d', split: 'train', samples: 5 },
    method: 'entropy',
    layers: 9,
    inFloat: ['a'],
  };
  const external = { file: 'model.onnx.data', sha256: frame.graph.sha256, bytes: 1 };

  it.each<[string, BundleManifest, string, unknown]>([
    ['a label with spaces around it', frame, 'labels.names.1', ' a b '],
    ['windows', clip, 'inputs', windowed(windows([1, 8, 8], [3, 8, 8]))],
    ['windows that are smaller', clip, 'inputs', windowed(windows([2, 8, 1], [1, 1, 8], [1, 5, 5]))],
    ['two inputs', frame, 'inputs', [frame.inputs[0], { ...clip.inputs[0], name: 'other' }]],
    ['a threshold near 0', frame, 'task.threshold', 0.001],
    ['a threshold near 1', frame, 'task.threshold', 0.999],
    ['a threshold a label', frame, 'task.threshold', frame.labels.names.map((_, i) => (i + 1) / 50)],
    ['one label a sample', frame, 'task', { kind: 'single-label' }],
    ['no scores', frame, 'scores', []],
    ['scores of several splits', frame, 'scores', [...frame.scores, { ...frame.scores[0], split: 'test' }]],
    ['a hidden file', frame, 'graph.file', '.model'],
    ['a name that starts with two dots', frame, 'graph.file', '..model'],
    ['weights in a file of their own', frame, 'graph.external', external],
    ['a cost', frame, 'graph.cost', cost],
    [
      'a cost with all that was measured',
      frame,
      'graph.cost',
      { ...cost, processor: 'a CPU', f1, calibration },
    ],
    ['any provenance', frame, 'provenance', { anything: { at: ['all'] } }],
    [
      'a second output of any shape',
      frame,
      'outputs.1',
      { name: 'other', role: 'features', shape: ['N', 7, 'T'] },
    ],
  ])('takes %s', (_, manifest, path, value) => {
    expect(read(manifest, path, value)).toEqual(withValue(manifest, path, value));
  });

  it('fills in what older bundles do not say', () => {
    const { precision: _, target: __, cost: ___, ...graph } = frame.graph;
    const { tolerance: ____, ...golden } = frame.golden;
    const { graph: read, golden: checked } = parseManifest({ ...frame, graph, golden }, 'bundle.json');
    expect(read).toEqual({ ...graph, precision: 'fp32', target: 'portable', cost: null });
    expect(checked).toEqual({ ...golden, tolerance: 0.001 });
  });

  const none = (value: object, key: string) =>
    Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  it.each<[string, BundleManifest, string, unknown, string]>([
    ['no labels', frame, 'labels.names', [], 'labels.names: '],
    ['a label that ends its line', frame, 'labels.names.1', 'a\r', 'labels.names.1: must be one line'],
    ['a label without anything', frame, 'labels.names.1', '', 'labels.names.1: must be one line'],
    ['a code that is no whole number', frame, 'labels.codes.1', 1.5, 'labels.codes.1: '],
    [
      'more codes than labels',
      frame,
      'labels.codes',
      [...frame.labels.codes, 999],
      'one a label; 44 for 43 labels',
    ],
    ['the last label again', frame, 'labels.names.0', frame.labels.names[42], 'dog-none is there twice'],
    ['one window', clip, 'inputs', windowed(windows([4, 8, 8])), 'of windows: windows: '],
    [
      'a window that is higher',
      clip,
      'inputs',
      windowed(windows([1, 9, 8], [3, 8, 8])),
      'none may be larger',
    ],
    ['a window that is wider', clip, 'inputs', windowed(windows([1, 8, 8], [3, 8, 9])), 'none may be larger'],
    ['a window of nothing', clip, 'inputs', windowed(windows([4, 8, 8], [0, 8, 8])), 'windows.1.frames'],
    ['another kind', frame, 'inputs.0.kind', 'frames', 'there is no input "frames"; did you mean frame?'],
    ['no height', frame, 'inputs.0.options.height', 0, 'of frame: height: '],
    ['half a pixel', frame, 'inputs.0.options.width', 7.5, 'of frame: width: '],
    ['no frames', clip, 'inputs.0.options.frames', 0, 'of clip: frames: '],
    ['no speed', clip, 'inputs.0.options.speed', 0, 'of clip: speed: '],
    ['two means', frame, 'inputs.0.options.mean', [0, 0], 'of frame: mean'],
    ['four deviations', frame, 'inputs.0.options.std', [1, 1, 1, 1], 'of frame: std'],
    ['a threshold of 0', frame, 'task.threshold', 0, 'task.threshold'],
    ['a threshold of 1', frame, 'task.threshold', 1, 'task.threshold'],
    ['thresholds of fewer labels', frame, 'task.threshold', [0.5, 0.5], 'one for all labels, or one a label'],
    ['a threshold where one label holds', frame, 'task', { kind: 'single-label', threshold: 0.5 }, 'task: '],
    ['no name', frame, 'name', '', 'name'],
    ['another task', frame, 'task', { kind: 'detection' }, 'task'],
    ['another format', frame, 'format', 'onnx', 'format'],
    ['version 0', frame, 'formatVersion', 0, 'formatVersion'],
    ['scores of no samples', frame, 'scores.0.samples', 0, 'scores.0.samples'],
    ['scores without metrics', frame, 'scores.0', none(frame.scores[0], 'metrics'), 'scores.0.metrics'],
    ['a metric that is no number', frame, 'scores.0.metrics.f1', 'good', 'scores.0.metrics.f1'],
    ['scores of something else', frame, 'scores.0.loss', 1, 'scores.0: Unrecognized key: "loss"'],
    ...['', '.', '..', 'a/b', '/a', 'a\\b', 'c:a'].map(
      (file): [string, BundleManifest, string, unknown, string] => [
        ...([`the file ${file}`, frame, 'golden.file', file] as const),
        'golden.file: must be the name of a file in the bundle',
      ],
    ),
    ['a shorter hash', frame, 'graph.sha256', frame.graph.sha256.slice(1), `graph.sha256: must be ${hash}`],
    ['a longer hash', frame, 'graph.sha256', `${frame.graph.sha256}0`, `graph.sha256: must be ${hash}`],
    ['a graph of nothing', frame, 'graph.bytes', 0, 'graph.bytes'],
    ['a broken opset', frame, 'graph.opset', 17.5, 'graph.opset'],
    ['half a parameter', frame, 'graph.parameters', 0.5, 'graph.parameters'],
    ['another precision', frame, 'graph.precision', 'int4', 'graph.precision'],
    ['another target', frame, 'graph.target', 'tpu', 'graph.target'],
    ['weights of nothing', frame, 'graph.external', { ...external, bytes: 0 }, 'graph.external.bytes'],
    ['weights elsewhere', frame, 'graph.external', { ...external, file: '../a' }, 'graph.external.file'],
    ['a cost without speed', frame, 'graph.cost', none(cost, 'speedRatio'), 'graph.cost.speedRatio'],
    ['a cost of something else', frame, 'graph.cost', { ...cost, joules: 1 }, 'graph.cost: Unrecognized key'],
    ['half an F1', frame, 'graph.cost', { ...cost, f1: none(f1, 'here') }, 'graph.cost.f1.here'],
    [
      'half a calibration',
      frame,
      'graph.cost',
      { ...cost, calibration: none(calibration, 'layers') },
      'calibration.layers',
    ],
    ['no tolerance', frame, 'golden.tolerance', 0, 'golden.tolerance'],
    ['outputs without a shape', frame, 'outputs.0', none(frame.outputs[0], 'shape'), 'outputs.0.shape'],
    ['half an extent', frame, 'outputs.0.shape', ['N', 4.5], 'outputs.0.shape.1'],
  ])('refuses %s', (_, manifest, path, value, message) => {
    expect(() => read(manifest, path, value)).toThrow(
      `bundle.json is not a valid bundle manifest; received `,
    );
    expect(() => read(manifest, path, value)).toThrow(message);
  });

  it.each([null, 7, 'text', []])('refuses %j as a whole', (json) => {
    expect(() => parseManifest(json, 'x/bundle.json')).toThrow(
      /^x\/bundle\.json is not a valid bundle manifest; received the whole: .*; export the bundle again, or update/,
    );
  });
});
