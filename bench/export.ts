/**
 * What it costs to write the full-size systems as ONNX: time, memory beyond the model's own, and size, beside the
 * floor of writing bytes that are ready. Run after `npm ci`: node --expose-gc dist/bench/export.js
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../cli/table.ts';
import { exportOnnx } from '../exporters/onnx/export.ts';
import { resolveSystem } from '../models/index.ts';
import { selectBackend } from '../models/train/backend.ts';
import { imagenetNormalization } from '../src/core/normalization.ts';

/** Megabytes the process holds, buffers included. */
function held(): number {
  return process.memoryUsage.rss() / 1e6;
}

/** Wall-clock and processor seconds; the second does not depend on what else the machine does. */
async function seconds(work: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
}

async function measure(preset: string, folder: string): Promise<(string | number)[]> {
  const { system, config } = resolveSystem(preset);
  const model = system.build(config as never, 1);
  const outputs = ['probabilities', 'attention'].slice(0, model.outputs.length);
  const path = join(folder, 'model.onnx');
  globalThis.gc?.();
  const before = held();
  let peak = before;
  let bytes = 0;
  const written = await seconds(async () => {
    const onnx = exportOnnx(model, { frames: imagenetNormalization, outputs });
    const file = await open(path, 'w');
    for (const chunk of onnx.chunks()) {
      await file.writeFile(chunk);
      bytes += chunk.byteLength;
      peak = Math.max(peak, held());
    }
    await file.close();
  });
  model.dispose();
  const ready = new Uint8Array(bytes).fill(1);
  const floor = await seconds(() => writeFile(path, ready));
  return [
    preset,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `${written.wall.toFixed(2)} s`,
    `${written.cpu.toFixed(2)} s`,
    `${floor.wall.toFixed(2)} s`,
    `${floor.cpu.toFixed(2)} s`,
    `${(written.wall / floor.wall).toFixed(1)} ×`,
    `${(peak - before).toFixed(0)} MB`,
  ];
}

const { name } = await selectBackend('cpu');
const folder = await mkdtemp(join(tmpdir(), 'actionnx-bench-'));
try {
  const rows: (string | number)[][] = [];
  for (const preset of ['pcd-resnet-152', 'pcd-r2plus1d-18']) rows.push(await measure(preset, folder));
  const head = ['System', 'Size', 'Export', 'CPU', 'Write only', 'CPU', 'Ratio', 'Extra memory'];
  console.log(`weights in tfjs's ${name} backend\n${table(head, rows)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
