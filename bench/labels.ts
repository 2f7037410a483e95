/**
 * How long A2D's labels take: as many annotation files as the release has (11,926, 320 lines high, gzipped MATLAB
 * v7.3) are read through the label cache, first without, then with what it kept.
 *
 * Run after `npm ci`: node dist/bench/labels.js
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { a2dLabels } from '../src/core/labels.ts';
import { Rng } from '../src/core/rng.ts';
import { LabelCache } from '../src/datasets/a2d/label-cache.ts';
import { type AnnotatedObject, writeAnnotation } from '../src/node/mat-file.ts';

const videos = 3782;
const frames = 11_926;
const distinct = 240;
const height = 320;
const rng = new Rng(1);

/** One to four ellipses on a frame as wide as A2D's usually are. */
async function writeRandomAnnotation(path: string): Promise<void> {
  const width = rng.pick([569, 569, 480, 427]);
  const codes = new Uint8Array(width * height);
  const objects = Array.from({ length: 1 + rng.integer(4) }, (): AnnotatedObject => {
    const code = rng.pick(a2dLabels.codes);
    const [x, y] = [rng.integer(width - 200), rng.integer(height - 200)];
    const [radiusX, radiusY] = [rng.uniform(20, 100), rng.uniform(20, 100)];
    const mask = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (((column - x - 100) / radiusX) ** 2 + ((row - y - 100) / radiusY) ** 2 > 1) continue;
        mask[row * width + column] = 1;
        codes[row * width + column] = code;
      }
    }
    return { code, box: [x, y, x + 2 * radiusX, y + 2 * radiusY], mask };
  });
  await writeAnnotation(path, { labelMap: { width, height, codes }, objects });
}

async function seconds(work: () => Promise<unknown>): Promise<string> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const wall = (performance.now() - started) / 1000;
  return `${wall.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor time)`;
}

const folder = await mkdtemp(join(tmpdir(), 'actionnx-bench-labels-'));
try {
  const templates = Array.from({ length: distinct }, (_, i) => join(folder, `${i}.mat`));
  for (const template of templates) await writeRandomAnnotation(template);
  const names: string[] = [];
  for (let i = 0; i < frames; i++) {
    const video = `video-${i % videos}`;
    await mkdir(join(folder, video), { recursive: true });
    names.push(join(video, `${String(i).padStart(5, '0')}.mat`));
    await copyFile(templates[i % distinct], join(folder, names[i]));
  }
  const labels = () => new LabelCache(folder, join(folder, 'cache')).codes(names);
  console.log(`labels of ${frames} annotations`);
  console.log(`  read:   ${await seconds(labels)}`);
  console.log(`  cached: ${await seconds(labels)}`);
} finally {
  await rm(folder, { recursive: true });
}
