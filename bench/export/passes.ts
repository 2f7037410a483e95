/**
 * What each pass brings: nodes, bytes and processor time of a graph that went through all passes but this one, beside
 * those of the graph that went through it too.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { table } from '../../cli/table.ts';
import { goldenFrames } from '../../exporters/golden.ts';
import { type ExportOptions, exportOnnx } from '../../exporters/onnx/export.ts';
import type { OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import type { Pass } from '../../exporters/onnx/passes/pass.ts';
import { passesFor } from '../../exporters/onnx/targets.ts';
import { race } from '../../jobs/race.ts';
import { resolveSystem } from '../../models/index.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { architectures } from '../architectures.ts';
import { seedWeights } from '../compare.ts';

/** A model, how it is exported, and a batch for it. */
interface Subject {
  readonly title: string;
  readonly model: LayersModel;
  readonly options: ExportOptions;
  readonly inputs: readonly Tensor[];
  /** Small ones take many, since collecting garbage takes longer than a run. */
  readonly rounds: number;
}

/** A middling size of each kind of backbone, frames at 224 and clips of 8 frames at 112 pixels; and what tfjs's examples train. */
const subjects: readonly (() => Subject)[] = [
  () => system('ResNet-34', 'pcd-resnet-152', { depth: '34' }),
  () => system('R(2+1)D-18', 'pcd-r2plus1d-18', { frames: 8, size: 112 }),
  ...architectures.map(({ name, build, inputs }) => () => {
    const model = build();
    seedWeights(model, name);
    return { title: name, model, options: {}, inputs: inputs(), rounds: 101 };
  }),
];

function system(title: string, preset: string, changes: object): Subject {
  const { system, config } = resolveSystem(preset);
  const model = system.build({ ...(config as object), ...changes } as never, 1);
  seedWeights(model, 'bench/passes');
  const frames = goldenFrames(model.inputs[0].shape.slice(1) as number[]);
  const shape = [1, ...frames.shape.slice(1)];
  const one = tensor(frames.data.slice(0, sizeOf(shape)), shape);
  return { title, model, options: { frames: imagenetNormalization }, inputs: [one], rounds: 9 };
}

/** How much faster the first is. */
async function speedRatio(
  graphs: readonly OnnxModel[],
  inputs: readonly Tensor[],
  rounds: number,
): Promise<number> {
  const runners = [];
  for (const graph of graphs) {
    const session = await nodeRuntime.open(graph.bytes(), { provider: 'cpu', threads: 1 });
    runners.push({
      session,
      feeds: Object.fromEntries(graph.inputs.map(({ name }, i) => [name, inputs[i]])),
    });
  }
  const [first, second] = await race(runners, rounds);
  for (const { session } of runners) await session.release();
  return second.milliseconds / first.milliseconds;
}

export async function comparePasses(): Promise<void> {
  const rows: (string | number)[][] = [];
  const passes = passesFor('portable');
  const idle = new Set(passes.map(({ name }) => name));
  for (const open of subjects) {
    const { title, model, options, inputs, rounds } = open();
    const exported = (some: readonly Pass[]) => exportOnnx(model, { ...options, passes: some });
    const all = exported(passes);
    for (const pass of new Set(passes)) {
      const without = exported(passes.filter((other) => other !== pass));
      const [before, after] = [without, all].map(({ graph }) => graph.nodes.length);
      if (before === after && without.byteLength === all.byteLength) continue;
      idle.delete(pass.name);
      rows.push([
        title,
        pass.name,
        `${before} → ${after}`,
        `${all.byteLength - without.byteLength} bytes`,
        `× ${(await speedRatio([all, without], inputs, rounds)).toFixed(2)}`,
      ]);
    }
    model.dispose();
  }
  console.log(table(['Model', 'Pass', 'Nodes', 'Size', 'Speed'], rows));
  if (idle.size > 0) console.log(`\nnothing to do in these models: ${[...idle].join(', ')}`);
}
