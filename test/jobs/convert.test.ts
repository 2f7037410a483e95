import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readModelFile } from '../../src/node/model-file.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { predict, randomTensor, randomTokens, seedWeights, tf } from '../exporters/onnx/parity.ts';
import { converted, saveModel } from './typed.ts';

const L = tf.layers;
const models = new URL('../golden/graph-models/', import.meta.url).pathname;

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

/** Tokens, three numbers and a recurrent layer with its default initialisers, which tfjs runs again as it loads. */
function textModel() {
  const tokens = tf.input({ shape: [6], name: 'tokens', dtype: 'int32' });
  const facts = tf.input({ shape: [3], name: 'facts' });
  const words = L.embedding({ inputDim: 11, outputDim: 4, maskZero: true }).apply(tokens);
  const read = L.lstm({ units: 5 }).apply(words as never);
  const both = L.concatenate().apply([read, facts] as never);
  const mood = L.dense({ units: 2, activation: 'softmax', name: 'mood' }).apply(both);
  const topic = L.dense({ units: 3, name: 'topic' }).apply(both);
  const model = tf.model({ inputs: [tokens, facts], outputs: [mood, topic] as never, name: 'reader' });
  seedWeights(model, 'text');
  return model;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-onnx-'));
  await saveModel(at('text'), textModel());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('actionnx convert', () => {
  it('writes a plain file with the inputs and outputs of the model', async () => {
    const printed = await converted(at('text', 'model.json'), '--out', at('reader.onnx'));
    expect(printed).toMatch(/input +tokens +int32 +\[N, 6\]/);
    expect(printed).toMatch(/onnxruntime-node \S+ +cpu +mood +2 +-?[\d.]+ to [\d.]+ +\d\.\de-\d/);
    expect(printed).toMatch(/onnxruntime-web \S+ +wasm +topic +2 +-?[\d.]+ to [\d.]+ +\d\.\de-\d/);
    expect(printed).toMatch(/reader\.onnx: opset 17, \d\.\d+ kB, \d+ parameters$/);
    const inputs = { tokens: randomTokens([3, 6], 11, 'a'), facts: randomTensor([3, 3], 'b') };
    const expected = predict(textModel(), Object.values(inputs));
    const session = await nodeRuntime.open(await readFile(at('reader.onnx')), { provider: 'cpu' });
    const outputs = await session.run(inputs);
    await session.release();
    for (const [i, name] of ['mood', 'topic'].entries()) {
      const furthest = [...expected[i].data].map((value, at) => Math.abs(value - outputs[name].data[at]));
      expect(Math.max(...furthest)).toBeLessThan(2e-5);
    }
  });

  it('tries it on inputs of the user, and keeps weights beside it where told to', async () => {
    const inputs: Record<string, Tensor> = {
      tokens: randomTokens([4, 6], 11, 'c'),
      facts: randomTensor([4, 3], 'd'),
    };
    await writeFile(at('inputs.safetensors'), encodeSafetensors(inputs, {}));
    const model = tf.sequential({ layers: [L.dense({ units: 64, inputShape: [64], name: 'wide' })] });
    await saveModel(at('wide'), model);
    const flags = ['--external-data', '--precision', 'fp16', '--json'];
    const wide = JSON.parse(await converted(at('wide'), '--out', at('wide.onnx'), ...flags));
    expect(wide).toMatchObject({
      external: { file: 'wide.onnx.data', bytes: 64 * 64 * 2 },
      parameters: 4160,
    });
    const { graph } = await readModelFile(at('wide.onnx'));
    const kernel = [...graph.initializers.values()].find(({ shape }) => shape.length === 2);
    expect(kernel?.data()).toHaveLength(64 * 64);
    const given = ['--inputs', at('inputs.safetensors'), '--json'];
    const { verification } = JSON.parse(await converted(at('text'), '--out', at('given.onnx'), ...given));
    expect(verification.map(({ samples }: { samples: number }) => samples)).toEqual([4, 4, 4, 4]);
  });

  it('takes a GraphModel of open extents too', async () => {
    const printed = await converted(join(models, 'mobilenet-v3'), '--out', at('v3.onnx'), '--json');
    const { verification, inputs } = JSON.parse(printed);
    expect(inputs[0].shape.slice(1, 3)).not.toContain(null);
    expect(verification.every(({ passed }: { passed: boolean }) => passed)).toBe(true);
  });

  it('says where agreement proves little, since nothing depends on the inputs', async () => {
    const [units, kernelInitializer] = [3, 'zeros'] as const;
    const model = tf.sequential({ layers: [L.dense({ units, kernelInitializer, inputShape: [4] })] });
    await saveModel(at('zeros'), model);
    expect(await converted(at('zeros'), '--out', at('zeros.onnx'))).toMatch(
      /note: "dense_\w+" hardly differs/,
    );
    expect(await converted(at('text'), '--out', at('reader.onnx'))).not.toContain('note:');
  });

  it('compares channels-first batch norms with what they stand for, which tfjs does not compute', async () => {
    const norm = { axis: 1, betaInitializer: 'randomNormal', gammaInitializer: 'randomNormal' } as const;
    const model = tf.sequential({
      layers: [
        L.batchNormalization({ ...norm, inputShape: [3, 4, 5] }),
        L.timeDistributed({ layer: L.batchNormalization({ ...norm, axis: -1 }) }),
      ],
    });
    seedWeights(model, 'channels first');
    await saveModel(at('norms'), model);
    expect(await converted(at('norms'), '--out', at('norms.onnx'))).toContain('norms.onnx: opset 17');
  });

  it('never replaces what it reads', async () => {
    const before = await readFile(at('text', 'model.json'));
    for (const out of [['model.json'], ['group1-shard1of2.bin'], ['.', 'model.json']]) {
      const attempt = converted(at('text'), '--out', at('text', ...out));
      await expect(attempt).rejects.toThrow('--out would replace what it is made from');
    }
    expect(await readFile(at('text', 'model.json'))).toEqual(before);
  });

  it('says that there is no such model', async () => {
    await expect(converted(at('nowhere.json'), '--out', at('x.onnx'))).rejects.toThrow(/no such run folder/);
  });

  it('refuses a folder for a name', async () => {
    const typed = converted(at('text'), '--out', at('there/'));
    await expect(typed).rejects.toThrow(/--out is the name of a file; received .*there\//);
    expect(await readdir(folder)).not.toContain('there');
  });

  it.each<[string, string[], RegExp]>([
    ['flags of bundles', ['text', '--mean', '0,0,0'], /Unknown argument: mean/],
    ['int8', ['text', '--precision', 'int8'], /Choices: "fp32", "fp16", "int8-weights"/],
    ['two models', ['text', 'text'], /Unknown argument/],
    ['what is no model', ['.'], /made of the model\.json of a tfjs model; received .* a folder without one/],
    ['inputs that are not there', ['text', '--inputs', 'none.npz'], /none\.npz must be a readable file/],
    ['inputs without a name', ['text', '--inputs', 'bare.safetensors'], /an array for every input.*"tokens"/],
    [
      'inputs of a wrong shape',
      ['text', '--inputs', 'wrong.safetensors'],
      /shape \[any,6\]; received \[2,5\]/,
    ],
    [
      'parts of indices',
      ['text', '--inputs', 'parts.safetensors'],
      /"tokens".* whole numbers; received 0\.5/,
    ],
    ['indices of nothing', ['text', '--inputs', 'far.safetensors'], /tfjs must be able to run.*99 is not in/],
    ['a module that is not there', ['text', '--import', 'none.js'], /must be a JavaScript module that loads/],
  ])('refuses %s', async (_, [...args], message) => {
    await writeFile(at('bare.safetensors'), encodeSafetensors({ facts: randomTensor([2, 3], 'e') }, {}));
    const wrong = { tokens: randomTokens([2, 5], 11, 'f'), facts: randomTensor([2, 3], 'e') };
    await writeFile(at('wrong.safetensors'), encodeSafetensors(wrong, {}));
    const tokensOf = (value: number) => tensor(new Float32Array(12).fill(value), [2, 6]);
    for (const [name, value] of Object.entries({ parts: 0.5, far: 99 })) {
      const given = { tokens: tokensOf(value), facts: randomTensor([2, 3], 'e') };
      await writeFile(at(`${name}.safetensors`), encodeSafetensors(given, {}));
    }
    const isPath = (arg: string) => /^(text|\.)$|\.(npz|safetensors|js)$/.test(arg);
    const typed = args.map((arg) => (isPath(arg) ? at(arg) : arg));
    await expect(converted(...typed, '--out', at('x.onnx'))).rejects.toThrow(message);
    expect(await readdir(folder)).not.toContain('x.onnx');
  });
});
