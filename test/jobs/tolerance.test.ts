import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineConverter } from '../../exporters/index.ts';
import { judgedBySpread, requirePassed, type VerificationRow } from '../../exporters/onnx/verify.ts';
import { nudgedInputs } from '../../jobs/tfjs-spread.ts';
import { tensor } from '../../src/core/tensor.ts';
import { randomTensor, tf } from '../exporters/onnx/parity.ts';
import { converted, exported, saveModel } from './typed.ts';

const L = tf.layers;
type Layer = InstanceType<typeof L.Layer>;

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

/** Adds nothing; its converter may say otherwise. */
class Offset extends L.Layer {
  static className = 'TestOffset';
  override computeOutputShape(shape: never) {
    return shape;
  }
  override call(x: TfTensor | TfTensor[]) {
    return tf.add(Array.isArray(x) ? x[0] : x, 0);
  }
}
tf.serialization.registerClass(Offset);

/** What the converter of `Offset` adds: a wrong one, unless 0. */
let wrongBy = 0;
defineConverter('TestOffset', (_, [x], graph) =>
  graph.node('Add', [x, graph.constant(Float32Array.of(wrongBy), [])]),
);

/**
 * Two dense layers whose products cancel: each feature is computed twice, and taken once from, once to the sum. How
 * much of the rounding is left depends on the order that a runtime adds in.
 *
 * @param size of the products, beside answers around 1
 */
function cancelling(size: number, before: Layer[] = [L.inputLayer({ inputShape: [16] })]) {
  const half = 128;
  const first = L.dense({ units: 2 * half, useBias: false });
  const second = L.dense({ units: 2, activation: 'sigmoid', useBias: false });
  const model = tf.sequential({ layers: [...before, first, second, new Offset({})] });
  const features = tf.tensor(randomTensor([16, half], 'features').data as Float32Array, [16, half]);
  const parts = tf.tensor(randomTensor([half, 2], 'parts').data as Float32Array, [half, 2]);
  const rest = tf.tensor(randomTensor([half, 2], 'rest').data as Float32Array, [half, 2]);
  first.setWeights([tf.concat([features, features], 1)]);
  const large = tf.mul(parts, size);
  second.setWeights([tf.concat([tf.add(large, tf.mul(rest, 0.1)), tf.neg(large)], 0)]);
  return model;
}

/** A frame's mean colours, spread over 16 features. */
function ofFrames(size: number) {
  const mean = L.globalAveragePooling2d({ inputShape: [8, 8, 3] } as never);
  const spread = L.dense({ units: 16, useBias: false });
  const model = cancelling(size, [mean, spread]);
  spread.setWeights([tf.tensor(randomTensor([3, 16], 'colours').data as Float32Array, [3, 16])]);
  return model;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tolerance-'));
  await saveModel(at('ill'), cancelling(3000));
  await saveModel(at('well'), cancelling(0.1));
  await saveModel(at('worse'), cancelling(1e6));
  await saveModel(at('frames'), ofFrames(3000));
  await writeFile(at('labels.txt'), 'cat\ndog\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function rowsOf(...args: string[]): Promise<Required<VerificationRow>[]> {
  wrongBy = 0;
  return JSON.parse(await converted(...args, '--out', at('x.onnx'), '--json')).verification;
}

/** What is written where it fails: nothing. */
async function expectRefused(error: number, args: string[], message: RegExp): Promise<void> {
  wrongBy = error;
  const before = await readdir(folder);
  const command = args.includes('--labels') ? exported : converted;
  await expect(command(...args)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    exitCode: 1,
  });
  expect(await readdir(folder)).toEqual(before);
}

describe('a model that tfjs computes differently on its backends', () => {
  it.each([['--external-data'], ['--backend', 'wasm']])(
    'is allowed what tfjs is from itself: %s',
    async (...flags) => {
      for (const { maxDifference, spread, allowed, passed } of await rowsOf(at('ill'), ...flags)) {
        expect(spread).toBeGreaterThan(1e-4);
        expect(allowed).toBeCloseTo(Math.min(3 * spread, 0.02), 12);
        expect(maxDifference).toBeLessThanOrEqual(allowed);
        expect(passed).toBe(true);
      }
    },
  );

  it('says so in the table', async () => {
    wrongBy = 0;
    const printed = await converted(at('ill'), '--out', at('x.onnx'));
    expect(printed).toMatch(/Max difference from tfjs \(cpu\) +tfjs's own spread +Allowed\n/);
    expect(printed).toMatch(/onnxruntime-web \S+ +wasm .* +\d\.\de-\d +\d\.\de-\d +\d\.\de-\d\n/);
  });

  it('still shows a wrong converter', () =>
    expectRefused(
      0.1,
      [at('ill'), '--out', at('wrong.onnx')],
      /agree with tfjs within 0\.0\d+; received a difference of 1\.\de-1 .*, where tfjs's own answers differ by \d\.\de-[34]; nothing was written; check the converters/,
    ));

  it('is refused where rounding is as large as a fault, unless more is allowed', async () => {
    await expectRefused(
      0,
      [at('worse'), '--out', at('worse.onnx')],
      /within 0\.02; .*own answers differ by .* cannot be told from the rounding .*: --tolerance allows more/,
    );
    const rows = await rowsOf(at('worse'), '--tolerance', '1');
    expect(rows.every(({ passed, spread }) => passed && spread === undefined)).toBe(true);
  });

  it('makes a bundle that allows as much to whoever runs it', async () => {
    wrongBy = 0;
    const flags = ['--labels', at('labels.txt'), '--out', at('bundle'), '--json'];
    const { manifest, verification } = JSON.parse(await exported(at('frames'), ...flags));
    const allowed = Math.max(...verification.map((row: VerificationRow) => row.allowed));
    expect(allowed).toBeGreaterThan(1e-3);
    expect(manifest.golden.tolerance).toBe(allowed);
    expect(JSON.parse(await readFile(at('bundle', 'bundle.json'), 'utf8'))).toEqual(manifest);
    await rm(at('bundle'), { recursive: true });
    await expectRefused(0.1, [at('frames'), ...flags], /where tfjs's own answers differ by/);
  });
});

it('does not excuse a wrong converter with a backend that is wrong', async () => {
  // tfjs's wasm takes the largest of negative numbers for zero.
  const pool = L.maxPooling3d({ poolSize: 2, inputShape: [4, 4, 4, 2] });
  await saveModel(at('pool'), tf.sequential({ layers: [pool, new Offset({})] }));
  await expectRefused(
    0.001,
    [at('pool'), '--out', at('pool.onnx')],
    /within 0\.0001; received a difference of 1\.0e-3 .*own answers differ by \d\.\de-[78];/,
  );
});

describe('a model that tfjs computes to the usual tolerance', () => {
  it('is not measured', async () => {
    for (const row of await rowsOf(at('well'))) {
      expect(row.maxDifference).toBeLessThan(1e-5);
      expect(row).not.toHaveProperty('spread');
      expect(row).not.toHaveProperty('allowed');
    }
  });

  it('is held to it, and no more, where its converter is wrong', () =>
    expectRefused(
      3e-4,
      [at('well'), '--out', at('wrong.onnx')],
      /within 0\.0001; received a difference of 3\.0e-4 .*own answers differ by \d\.\de-[78]; nothing was written; check/,
    ));
});

describe('--tolerance', () => {
  it('is what counts, without measuring', async () => {
    const [flags, less] = [
      ['--out', at('given.onnx'), '--tolerance'],
      ['--out', at('less.onnx'), '--tolerance'],
    ];
    wrongBy = 3e-4;
    expect(await converted(at('well'), ...flags, '1e-3')).not.toContain('spread');
    await expectRefused(
      3e-4,
      [at('well'), ...less, '1e-5'],
      /within 0\.00001; received a difference of 3\.0e-4/,
    );
  });

  it('is what a bundle allows', async () => {
    wrongBy = 0;
    const flags = ['--labels', at('labels.txt'), '--out', at('bundle'), '--json', '--tolerance', '0.05'];
    const { manifest } = JSON.parse(await exported(at('frames'), ...flags));
    expect(manifest.golden.tolerance).toBe(0.05);
  });

  it.each(['0', '-1', 'little', 'Infinity'])('refuses %s', async (value) => {
    const typed = converted(at('well'), '--out', at('y.onnx'), `--tolerance=${value}`);
    await expect(typed).rejects.toMatchObject({
      message: /--tolerance must be a number above 0/,
      exitCode: 2,
    });
  });

  it('is for fp32 in bundles', async () => {
    const flags = ['--labels', at('labels.txt'), '--precision', 'fp16', '--tolerance', '0.1'];
    await expect(exported(at('frames'), ...flags)).rejects.toThrow(
      '--tolerance is for bundles in fp32; received --precision fp16',
    );
  });
});

describe('the parts', () => {
  const row: VerificationRow = {
    ...{ runtime: 'r', version: '1', provider: 'cpu', output: 'a', samples: 1 },
    ...{ maxDifference: 0.5, least: -300, greatest: 2, passed: false },
  };

  it('allow in proportion to the values, at least the usual and at most 2 %', () => {
    const allowed = (spread: number) => judgedBySpread([row], { a: spread })[0].allowed;
    expect([0, 0.001, 0.1, 0.5, 5, Number.POSITIVE_INFINITY].map(allowed)).toEqual([
      ...[0.03, 0.03, 0.3, 1.5, 6, 6].map((value) => expect.closeTo(value, 12)),
    ]);
    const lost = { ...row, maxDifference: Number.POSITIVE_INFINITY };
    expect(() => requirePassed(judgedBySpread([lost], { a: 5 }))).toThrow(/difference of Infinity/);
  });

  it('nudge real numbers by a rounding, and neither integers nor indices', () => {
    const values = {
      real: tensor(Float32Array.of(1, -3, 0), [3]),
      whole: { dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) } as const,
      index: tensor(Float32Array.of(1, 2), [2]),
    };
    const inputs = [
      { name: 'real', dtype: 'float32', shape: [3] },
      { name: 'whole', dtype: 'int32', shape: [2] },
      { name: 'index', dtype: 'float32', shape: [2], below: 5 },
    ] as const;
    const nudged = nudgedInputs(values, inputs, (all) => all.map((value) => value * (1 + 2 ** -23)));
    expect([...nudged.real.data]).toEqual([1 + 2 ** -23, -3 - 2 ** -21, 0].map(Math.fround));
    expect([nudged.whole, nudged.index]).toEqual([values.whole, values.index]);
  });
});
