/**
 * The forms and precisions of a graph, side by side with the graph that PyTorch's exporter writes for torchvision's
 * model of the same architecture: bytes and processor time on onnxruntime-node's CPU and in onnxruntime-web's wasm, all
 * of a runtime in one run and in turns.
 * int8 is calibrated on noise here, which does for its speed; what it costs in F1 `actionnx export` measures.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../cli/table.ts';
import { goldenFrames } from '../../exporters/golden.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { modelFile } from '../../exporters/onnx/onnx-model.ts';
import { quantize } from '../../exporters/onnx/quantize/quantize.ts';
import { type Runner, race } from '../../jobs/race.ts';
import { resolveSystem } from '../../models/index.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { describeProcessor } from '../../src/node/processor.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { seedWeights } from '../compare.ts';
import { runPeer } from '../peer.ts';

/** R(2+1)D-18 at 112 pixels, as its recipes have it. */
const clips = (frames: number) => ({
  ...{ title: `R(2+1)D-18, ${frames} frames`, preset: 'pcd-r2plus1d-18', changes: { frames, size: 112 } },
  ...{ torch: 'torchvision.models.video.r2plus1d_18()', torchShape: [1, 3, frames, 112, 112] },
});

const models = [
  {
    ...{ title: 'ResNet-34', preset: 'pcd-resnet-152', changes: { depth: '34' } },
    ...{ torch: 'torchvision.models.resnet34()', torchShape: [1, 3, 224, 224] },
  },
  clips(8),
  clips(16),
];

/** One of the graphs that are compared. */
interface Entry extends Runner {
  readonly name: string;
  readonly bytes: number;
}

/** What torch.onnx writes, or null, with the reason on stderr. */
async function fromTorch(
  model: string,
  shape: readonly number[],
  folder: string,
): Promise<Uint8Array | null> {
  const path = join(folder, 'torch.onnx');
  const code = `
import torch, torchvision
torch.manual_seed(0)
torch.onnx.export(${model}.eval(), torch.zeros(${JSON.stringify(shape)}), ${JSON.stringify(path)}, opset_version=17,
                  dynamo=False, input_names=["x"], output_names=["y"])`;
  return runPeer('torch.onnx', code) === null ? null : readFile(path);
}

function noise(shape: readonly number[], seed: string): Tensor {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-2, 2)),
    shape,
  );
}

/** The graphs of a model, opened in each runtime. */
async function entries({ preset, changes, torch, torchShape }: (typeof models)[number], folder: string) {
  const { system, config } = resolveSystem(preset);
  const model = system.build({ ...(config as object), ...changes } as never, 1);
  seedWeights(model, 'bench/forms');
  const golden = goldenFrames(model.inputs[0].shape.slice(1) as number[]);
  const shape = [1, ...golden.shape.slice(1)];
  const feeds = { frames: tensor(golden.data.slice(0, sizeOf(shape)), shape) };
  const [inNode, inWasm]: Entry[][] = [[], []];
  const add = async (name: string, bytes: Uint8Array, given: Runner['feeds'], blockClips = false) => {
    const session = await nodeRuntime.open(bytes, {
      ...{ provider: 'cpu' as const, threads: 1, blockClips },
      onNotice: (notice) => process.stderr.write(`${name}: ${notice}\n`),
    });
    inNode.push({ name, session, feeds: given, bytes: bytes.byteLength });
  };
  const addInWasm = async (name: string, bytes: Uint8Array, given: Runner['feeds']) => {
    const session = await webRuntime().open(bytes, { provider: 'wasm', threads: 1 });
    inWasm.push({ name, session, feeds: given, bytes: bytes.byteLength });
  };
  const peer = await fromTorch(torch, torchShape, folder);
  if (peer) {
    const x = noise(torchShape, 'bench/forms');
    for (const open of [add, addInWasm]) await open('torch.onnx', peer, { x });
  }
  const exported = (options: object) =>
    exportOnnx(model, { frames: imagenetNormalization, outputs: ['probabilities'], ...options });
  const portable = exported({});
  for (const open of [add, addInWasm]) await open('portable', portable.bytes(), feeds);
  await addInWasm('wasm', exported({ target: 'wasm' }).bytes(), feeds);
  if (golden.shape.length === 5) {
    await add('cuda (3-D convolutions)', exported({ target: 'cuda' }).bytes(), feeds);
    await add('cpu (blocks)', exported({ target: 'cpu' }).bytes(), feeds, true);
  }
  await add('portable, fp16', exported({ precision: 'fp16' }).bytes(), feeds);
  await add('portable, int8-weights', exported({ precision: 'int8-weights' }).bytes(), feeds);
  const { model: inInt8 } = await quantize(portable.model, {
    runtime: nodeRuntime,
    inputs: [feeds],
    tolerance: 1,
  });
  await add('portable, int8', modelFile(inInt8).bytes(), feeds);
  model.dispose();
  return { inNode, inWasm };
}

/** Races graphs, releases them and prints how they did. */
async function compare(title: string, all: readonly Entry[], rounds: number): Promise<void> {
  const laps = await race(all, rounds);
  for (const { session } of all) await session.release();
  const portable = all.findIndex(({ name }) => name === 'portable');
  const rows = all.map(({ name, bytes }, i) => [
    name,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `${laps[i].milliseconds.toFixed(0)} ms`,
    `× ${(laps[portable].milliseconds / laps[i].milliseconds).toFixed(2)}`,
    all[0].name === 'torch.onnx' ? `× ${(laps[0].milliseconds / laps[i].milliseconds).toFixed(2)}` : '',
  ]);
  const columns = ['Graph', 'Size', 'A run', 'Speed against portable', 'Against torch.onnx'];
  console.log(`${title}\n${table(columns, rows)}\n`);
}

export async function compareForms(): Promise<void> {
  console.log(`one thread of ${await describeProcessor()}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'actionnx-bench-'));
  try {
    for (const model of models) {
      const { inNode, inWasm } = await entries(model, folder);
      await compare(`${model.title}, onnxruntime-node`, inNode, 7);
      await compare(`${model.title}, onnxruntime-web, wasm`, inWasm, 5);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
