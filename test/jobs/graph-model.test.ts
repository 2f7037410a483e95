import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { framesInput } from '../../src/bundle/frames-input.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { mattingGraph } from '../exporters/graph-model/matting-graph.ts';
import { randomTensor } from '../exporters/onnx/parity.ts';
import { converted, exported } from './typed.ts';

const models = new URL('../golden/graph-models/', import.meta.url).pathname;

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-graph-model-'));
  await writeFile(at('labels.txt'), 'a\nb\nc\nd\ne\nf\ng\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a GraphModel of frames becomes a bundle that agrees with tfjs', async () => {
  const source = join(models, 'mobilenet-v2', 'model.json');
  const said = await exported(
    source,
    '--labels',
    at('labels.txt'),
    '--mean',
    '.5,.5,.5',
    '--out',
    at('v2'),
    '--json',
  );

  const { verification } = JSON.parse(said);
  expect(
    verification.map(({ runtime, passed }: { runtime: string; passed: boolean }) => [runtime, passed]),
  ).toEqual([
    ['onnxruntime-node', true],
    ['onnxruntime-web', true],
  ]);
  const { manifest } = await readBundle(at('v2'));
  expect(framesInput(manifest)).toMatchObject({
    kind: 'frame',
    height: 30,
    width: 30,
    mean: [0.5, 0.5, 0.5],
  });
  expect(manifest.outputs).toEqual([{ name: 'probabilities', role: 'scores', shape: ['N', 7] }]);
});

it('scores come before a map, whatever their order in the file', async () => {
  await exported(join(models, 'resnet'), '--labels', at('labels.txt'), '--out', at('resnet'));
  const { manifest } = await readBundle(at('resnet'));
  expect(manifest.outputs.map(({ name, shape }) => [name, shape.length])).toEqual([
    ['probabilities', 2],
    ['attention', 3],
  ]);
});

it('one of clips keeps its number of frames', async () => {
  await exported(join(models, 'video'), '--labels', at('labels.txt'), '--speed', '2', '--out', at('video'));
  const { manifest } = await readBundle(at('video'));
  expect(framesInput(manifest)).toMatchObject({ kind: 'clip', frames: 6, speed: 2, height: 20, width: 16 });
  const half = exported(join(models, 'video'), '--labels', at('labels.txt'), '--speed', '0.5');
  await expect(half).rejects.toThrow('--speed must be a positive whole number; received 0.5');
});

it('what is missing, of no known size or without converter is said, and nothing is left behind', async () => {
  const args = ['--labels', at('labels.txt'), '--out', at('none')];
  await expect(exported(join(models, 'mobilenet-v3'), ...args)).rejects.toThrow(
    'a model must take one input [N, H, W, 3] or [N, T, H, W, 3] of known extents; received [any,any,any,3]',
  );
  await cp(join(models, 'mobilenet-v1'), at('v1'), { recursive: true });
  const json = await readFile(at('v1', 'model.json'), 'utf8');
  await writeFile(at('v1', 'model.json'), json.replaceAll('"Softmax"', '"Sparsemax"'));
  await expect(exported(at('v1'), ...args)).rejects.toThrow(
    'have no converter to ONNX; received Sparsemax (',
  );
  await rm(at('v1', 'group1-shard1of1.bin'));
  await expect(exported(at('v1'), ...args)).rejects.toThrow('must be readable; received ENOENT');
  expect(await readdir(folder)).not.toContain('none');
});

it('an input whose rank the graph does not say has that of the array that is given for it', async () => {
  const inputs: Record<string, Tensor> = {
    input0: randomTensor([2, 11, 9, 3], 'frames'),
    input1: randomTensor([1, 1, 1, 1], 'state'),
    input2: tensor(Float32Array.of(0.5), []),
  };
  const { graph, outputs } = mattingGraph(Object.values(inputs));
  const { json, shards } = graph.file(outputs);
  const path = at('matting', 'model.json');
  await mkdir(at('matting'));
  await writeFile(path, JSON.stringify(json));
  await writeFile(at('matting', 'group1-shard1of1.bin'), shards[0]);
  await writeFile(at('matting.safetensors'), encodeSafetensors(inputs, {}));
  const given = ['--inputs', at('matting.safetensors'), '--json'];
  const said = JSON.parse(await converted(path, '--out', at('matting.onnx'), ...given));
  expect(said.inputs.map(({ shape }: { shape: unknown[] }) => shape.length)).toEqual([4, 4, 0]);
  expect(said.verification.every(({ passed }: { passed: boolean }) => passed)).toBe(true);

  await expect(converted(path, '--out', at('none.onnx'))).rejects.toThrow(
    /"input1" of .* must be a node of known rank and type; received a shape of any rank; give arrays .* --inputs/,
  );
  const { input1: _, ...without } = inputs;
  await writeFile(at('matting.safetensors'), encodeSafetensors(without, {}));
  await expect(converted(path, '--out', at('none.onnx'), ...given)).rejects.toThrow(
    /"input1" of .* received a shape of any rank/,
  );
  expect(await readdir(folder)).not.toContain('none.onnx');
});

it('a weight that is no number is named, and nothing is written', async () => {
  await cp(join(models, 'mobilenet-v2'), at('nan'), { recursive: true });
  const shard = at('nan', 'group1-shard1of1.bin');
  const bytes = await readFile(shard);
  // The first weight is two axes, int32; the second is the kernel of the dense layer.
  bytes.writeFloatLE(Number.NaN, 8);
  bytes.writeFloatLE(Number.NaN, 16);
  await writeFile(shard, bytes);
  const labelled = ['--labels', at('labels.txt'), '--out', at('none')];
  for (const attempt of [exported(at('nan'), ...labelled), converted(at('nan'), '--out', at('none.onnx'))]) {
    await expect(attempt).rejects.toThrow(
      /must hold finite weights; received NaN in "dense\/MatMul\/ReadVariableOp": 2 of its 168 values/,
    );
  }
  expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
});
