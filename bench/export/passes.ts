/**
 * What each pass brings: nodes, bytes and processor time of a graph that went through all passes but this one, beside
 * those of the graph that went through it too.
 */
import { race } from '../../cli/race.ts';
import { table } from '../../cli/table.ts';
import { goldenFrames } from '../../exporters/golden.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import type { OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import type { Pass } from '../../exporters/onnx/passes/pass.ts';
import { passesFor } from '../../exporters/onnx/targets.ts';
import { resolveSystem } from '../../models/index.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { seedWeights } from '../compare.ts';

/** A middling size of each kind of backbone; frames at 224, clips of 8 frames at 112 pixels. */
const systems = [
  { preset: 'pcd-resnet-152', changes: { depth: '34' }, title: 'ResNet-34' },
  { preset: 'pcd-r2plus1d-18', changes: { frames: 8, size: 112 }, title: 'R(2+1)D-18' },
];

function build(preset: string, changes: object) {
  const { system, config } = resolveSystem(preset);
  const model = system.build({ ...(config as object), ...changes } as never, 1);
  seedWeights(model, 'bench/passes');
  return model;
}

/** How much faster the first is. */
async function speedRatio(graphs: readonly OnnxModel[], shape: readonly number[]): Promise<number> {
  const frames = goldenFrames(shape);
  const one = {
    ...frames,
    shape: [1, ...shape],
    data: frames.data.subarray(0, frames.data.length / frames.shape[0]),
  };
  const runners = [];
  for (const graph of graphs) {
    const session = await nodeRuntime.open(graph.bytes(), { provider: 'cpu', threads: 1 });
    runners.push({ session, feeds: { frames: one } });
  }
  const [first, second] = await race(runners);
  for (const { session } of runners) await session.release();
  return second.milliseconds / first.milliseconds;
}

export async function comparePasses(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const { preset, changes, title } of systems) {
    const model = build(preset, changes);
    const passes = passesFor('portable');
    const exported = (some: readonly Pass[]) =>
      exportOnnx(model, { frames: imagenetNormalization, passes: some });
    const all = exported(passes);
    for (const pass of new Set(passes)) {
      const without = exported(passes.filter((other) => other !== pass));
      const [before, after] = [without, all].map(({ graph }) => graph.nodes.length);
      const isSame = before === after && without.byteLength === all.byteLength;
      rows.push([
        title,
        pass.name,
        ...(isSame
          ? ['nothing to do', '', '']
          : [
              `${before} → ${after}`,
              `${all.byteLength - without.byteLength} bytes`,
              `× ${(await speedRatio([all, without], model.inputs[0].shape.slice(1) as number[])).toFixed(2)}`,
            ]),
      ]);
    }
    model.dispose();
  }
  console.log(table(['Model', 'Pass', 'Nodes', 'Size', 'Speed'], rows));
}
