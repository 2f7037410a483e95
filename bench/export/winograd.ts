/**
 * From which sizes on Winograd's filtering is faster than the convolution that it replaces, in onnxruntime-web's wasm
 * and on onnxruntime-node's CPU. The limits in `exporters/onnx/passes/winograd.ts` and `src/rewrites/blocked-clips.ts` are
 * from here.
 */

import { table } from '../../cli/table.ts';
import { modelFile } from '../../exporters/onnx/onnx-model.ts';
import { winograd } from '../../exporters/onnx/passes/winograd.ts';
import { race } from '../../jobs/race.ts';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf, tensor } from '../../src/core/tensor.ts';
import { describeProcessor } from '../../src/node/processor.ts';
import type { Graph } from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import { blockClips } from '../../src/rewrites/blocked-clips.ts';
import { findBlock } from '../../src/runtime/blocked-session.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/runtime/web.ts';

/** [frames, channels, filters, height and width]: of ResNets, and of R(2+1)D at 112 pixels. */
const sizes = [
  ...[16, 32, 64].flatMap((channels) => [56, 28, 14].map((side) => [1, channels, channels, side])),
  ...[128, 256, 512].flatMap((channels) => [28, 14, 7].map((side) => [1, channels, channels, side])),
  ...[16, 8].flatMap((frames) => [
    [frames, 64, 144, 56],
    [frames / 2, 128, 288, 28],
    [frames / 4, 256, 576, 14],
    [frames / 8, 512, 1152, 7],
  ]),
];

/** One convolution over space. */
function convolution([frames, channels, filters, side]: readonly number[], isClip: boolean): Graph {
  const rng = new Rng('bench/winograd');
  const random = (name: string, shape: readonly number[]) => {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-0.1, 0.1));
    return { name, dtype: 'float32' as const, shape, learnt: true, data: () => data };
  };
  const window = isClip ? [1, 3, 3] : [3, 3];
  const weights = [random('kernel', [filters, channels, ...window]), random('bias', [filters])];
  const shapeOf = (depth: number) => (isClip ? [1, depth, frames, side, side] : [frames, depth, side, side]);
  return {
    name: 'convolution',
    nodes: [
      {
        ...{ name: 'conv', operator: 'Conv', inputs: ['frames', 'kernel', 'bias'], outputs: ['result'] },
        attributes: { kernel_shape: window, pads: isClip ? [0, 1, 1, 0, 1, 1] : [1, 1, 1, 1] },
      },
    ],
    initializers: new Map(weights.map((weight) => [weight.name, weight])),
    inputs: [{ name: 'frames', dtype: 'float32', shape: shapeOf(channels) }],
    outputs: [{ name: 'result', dtype: 'float32', shape: shapeOf(filters) }],
  };
}

/** How much faster the second is, on one thread. */
async function speedRatio(
  runtime: Runtime,
  provider: 'cpu' | 'wasm',
  models: readonly Model[],
): Promise<number> {
  const shape = models[0].graph.inputs[0].shape as number[];
  const rng = new Rng('bench/winograd');
  const data = Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-1, 1));
  const runners = [];
  for (const model of models) {
    const session = await runtime.open(modelFile(model).bytes(), { provider, threads: 1 });
    runners.push({ session, feeds: { frames: tensor(data, shape) } });
  }
  const [direct, filtered] = await race(runners, sizeOf(shape) > 5e5 ? 9 : 51);
  for (const { session } of runners) await session.release();
  return direct.milliseconds / filtered.milliseconds;
}

const named = { name: 'actionnx', version: 'bench' };

function inWasm(size: readonly number[]): Promise<number> {
  const direct = convolution(size, false);
  const graphs = [direct, winograd(() => true).apply(direct)];
  return speedRatio(
    webRuntime(),
    'wasm',
    graphs.map((graph) => modelOf(graph, named)),
  );
}

async function inBlocks(size: readonly number[]): Promise<number | null> {
  const block = await findBlock((graph) => nodeRuntime.open(graph, { provider: 'cpu', threads: 1 }));
  if (block === null) return null;
  const model = modelOf(convolution(size, true), named);
  const models = [false, true].map((gains) => blockClips(model, block, () => gains)!);
  return speedRatio(nodeRuntime, 'cpu', models);
}

export async function compareWinograd(): Promise<void> {
  console.log(`one thread of ${await describeProcessor()}\n`);
  const rows: string[][] = [];
  for (const size of sizes) {
    const [frames, channels, filters, side] = size;
    const ratios = [await inWasm(size), await inBlocks(size)];
    rows.push([
      `${frames} × ${side} × ${side}`,
      `${channels} → ${filters}`,
      ...ratios.map((ratio) => (ratio === null ? 'no blocks' : `× ${ratio.toFixed(2)}`)),
    ]);
  }
  console.log(table(['Frames', 'Channels', 'wasm', 'onnxruntime-node, in blocks'], rows));
}
