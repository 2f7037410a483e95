/**
 * What it costs to write the full-size systems as ONNX: time, memory beyond the model's own, and size, beside the
 * floor of writing bytes that are ready, and beside tf2onnx, which turns Keras's ResNet-152 into the same graph.
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { table } from '../../cli/table.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { resolveSystem } from '../../models/index.ts';
import { tf } from '../../models/tf.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { runPeer } from '../peer.ts';

/** So that memory which others left behind does not count. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

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

async function measure(preset: string, folder: string) {
  const { system, config } = resolveSystem(preset);
  const model = system.build(config as never, 1);
  const outputs = ['probabilities', 'attention'].slice(0, model.outputs.length);
  const path = join(folder, 'model.onnx');
  collectGarbage();
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
  const row = [
    preset,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `${written.wall.toFixed(2)} s`,
    `${written.cpu.toFixed(2)} s`,
    `${floor.wall.toFixed(2)} s`,
    `${floor.cpu.toFixed(2)} s`,
    `${(written.wall / floor.wall).toFixed(1)} ×`,
    `${(peak - before).toFixed(0)} MB`,
  ];
  return { row, written };
}

/** Seconds that tf2onnx takes for Keras's ResNet-152, its model ready in memory; null where it is not to be had. */
function tf2onnxSeconds(path: string): { wall: number; cpu: number } | null {
  const printed = runPeer(
    'tf2onnx',
    `
import os, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf, tf2onnx
model = tf.keras.applications.ResNet152(weights=None)
frames = tf.TensorSpec((None, 224, 224, 3), tf.float32, name="frames")
call = tf.function(lambda x: model(x, training=False))
wall, cpu = time.perf_counter(), time.process_time()
tf2onnx.convert.from_function(call, input_signature=(frames,), opset=17, output_path=${JSON.stringify(path)})
print(time.perf_counter() - wall, time.process_time() - cpu)`,
  );
  if (printed === null) return null;
  const [wall, cpu] = printed.split('\n').at(-1)!.split(' ').map(Number);
  return { wall, cpu };
}

export async function compareWriting(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'actionnx-bench-'));
  try {
    const presets = ['pcd-resnet-152', 'pcd-r2plus1d-18'];
    const measured = [];
    for (const preset of presets) measured.push(await measure(preset, folder));
    const head = ['System', 'Size', 'Export', 'CPU', 'Write only', 'CPU', 'Ratio', 'Extra memory'];
    console.log(
      `weights in tfjs's ${tf.getBackend()} backend\n${table(
        head,
        measured.map(({ row }) => row),
      )}`,
    );
    const peer = tf2onnxSeconds(join(folder, 'peer.onnx'));
    if (peer) {
      const [{ written }] = measured;
      const rows = (['wall', 'cpu'] as const).map((clock) => [
        clock === 'wall' ? 'Elapsed' : 'Processor',
        `${written[clock].toFixed(2)} s`,
        `${peer[clock].toFixed(1)} s`,
        `${(peer[clock] / written[clock]).toFixed(0)} ×`,
      ]);
      console.log(`\n${table(['ResNet-152', 'Actionnx', 'tf2onnx', 'Ratio'], rows)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
