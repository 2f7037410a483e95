import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireEffect } from '../../../cli/export/flag-uses.ts';
import { exportOptions, type Form } from '../../../cli/export/options.ts';
import { seedWeights, tf } from '../../exporters/onnx/parity.ts';
import { exported, saveModel } from './exported.ts';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-flags-'));
  await mkdir(at('run'));
  await writeFile(at('made.onnx'), '');
  await writeFile(at('names.txt'), 'cat\ndog\n');
  const pool = tf.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] } as never);
  const head = tf.layers.dense({ units: 2, activation: 'sigmoid' });
  const model = tf.sequential({ layers: [pool, head] });
  seedWeights(model, 'flags');
  await saveModel(at('model'), model);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tfjs = 'import backend';
const compared = `${tfjs} tolerance`;
const labelling = 'labels mean std speed';
const calibrating =
  'calibrate calibration-split calibration-samples calibration measure-split max-f1-loss cache';

describe('a flag of export has an effect, or is refused', () => {
  it.each<[string, Form, object, string]>([
    [
      'run',
      'bundle',
      {},
      `checkpoint name threshold ${compared} external-data target precision ${calibrating}`,
    ],
    [
      ...(['model', 'bundle', {}] as const),
      `name threshold ${labelling} ${compared} external-data target precision ${calibrating}`,
    ],
    [
      ...(['run', 'bundle', { graft: 'backbone.onnx' }] as const),
      `at head name threshold ${labelling} ${compared} external-data precision ${calibrating}`,
    ],
    ['run', 'bundle', { ensemble: true }, 'name threshold external-data'],
    ['model', 'onnx', {}, `inputs ${compared} external-data target precision`],
    ['run', 'safetensors', {}, `checkpoint ${tfjs}`],
    ['model', 'safetensors', {}, tfjs],
    ['run', 'hf', {}, ''],
    ['run', 'triton', {}, ''],
  ])('a %s as %s, %j', async (source, form, rest, expected) => {
    const taken: string[] = [];
    const choosing = ['to', 'ensemble', 'graft'];
    for (const flag of Object.keys(exportOptions).filter((flag) => !choosing.includes(flag))) {
      const given = { source: [at(source)], ...rest, [flag]: 'x' };
      const error = await requireEffect(form, given as never).catch((error) => error);
      // Those of a calibration are taken, and want a precision beside them.
      if (!error || /is for precisions below fp32/.test(error.message)) taken.push(flag);
      else expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(`^--${flag} is for`) });
    }
    expect(taken.sort()).toEqual(['out', 'json', ...expected.split(' ').filter(Boolean)].sort());
  });

  it.each<[string[], string]>([
    [
      ['model', '--threshold', '0.5', '--out', 'x.onnx'],
      '--threshold is for bundles; received a plain .onnx file; for a bundle give --labels and a folder for --out',
    ],
    [
      ['model', '--threshold', '0.7'],
      '--threshold is for bundles; received a plain .onnx file; for a bundle give --labels',
    ],
    [
      ['model', '--checkpoint', 'last'],
      '--checkpoint is for runs; received a plain .onnx file; leave it out',
    ],
    [
      ['model', '--labels', 'names.txt', '--checkpoint', 'best'],
      '--checkpoint is for runs; received MODEL, a tfjs model; leave it out',
    ],
    [
      ['model', '--labels', 'names.txt', '--to', 'onnx'],
      '--labels is for bundles of tfjs models; received --to onnx; leave one of the two out',
    ],
    [
      ['model', '--labels', 'names.txt', '--speed', '2'],
      "--speed is the step between a clip's frames; received a model of single frames; leave it out",
    ],
    [
      ['model', '--labels', 'names.txt', '--precision', 'fp16', '--calibration', 'entropy'],
      '--calibration is for --precision int8; received --precision fp16',
    ],
    [
      ['model', '--labels', 'names.txt', '--precision', 'fp16', '--max-f1-loss', '0.1'],
      '--max-f1-loss needs --calibrate: a data set to be measured on',
    ],
    [['run', '--head', 'model'], '--head is for --graft; received RUN, a folder of a run; leave it out'],
    [
      ['run', '--to', 'hf', '--precision', 'fp16'],
      '--precision is for runs and tfjs models; received --to hf; give it where the bundle is exported',
    ],
    [
      ['run', 'run', '--ensemble', '--labels', 'names.txt'],
      '--labels is for bundles of tfjs models; received --ensemble; give it where the members are exported',
    ],
    [
      ['--ensemble', 'run', 'run', '--graft', 'made.onnx'],
      '--graft is for bundles of a backbone with a head; received --ensemble; leave one of the two out',
    ],
    [
      ['model', '--ensemble', '--to', 'onnx'],
      '--ensemble is for bundles of several systems; received --to onnx; leave one of the two out',
    ],
    [
      ['run', '--to', 'bundle', '--out', 'made.onnx'],
      '--out of a bundle is a folder; received MADE.ONNX; graphs will be inside',
    ],
    [['--to', 'hf'], '--to hf takes bundles; received none'],
    [['--to', 'triton'], '--to triton takes bundles; received none'],
    [
      ['run', '--to', 'hf', '--out', 'made.onnx'],
      '--out of --to hf is a folder; received MADE.ONNX; graphs will be inside',
    ],
    [
      ['made.onnx', '--threshold', '0.7'],
      'a tfjs model is its model.json; received MADE.ONNX, which is ONNX already; actionnx inspect tells what it holds; --graft puts a head of tfjs on it',
    ],
  ])('%j', async (args, message) => {
    const before = await readdir(folder);
    const isPath = (arg: string) => ['run', 'model', 'made.onnx', 'names.txt'].includes(arg);
    const typed = args.map((arg) => (isPath(arg) ? at(arg) : arg));
    const expected = message.replace(/\b(RUN|MODEL|MADE\.ONNX)\b/, (name) => at(name.toLowerCase()));
    await expect(exported(...typed)).rejects.toMatchObject({ exitCode: 2, message: expected });
    expect(await readdir(folder)).toEqual(before);
  });
});
