import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** A house in small: what each file imports, and the rule that it breaks. */
const files: Record<string, { source: string; breaks: string[] }> = {
  'src/core/rooms.ts': { source: 'export const rooms = 3;', breaks: [] },
  'src/core/types.ts': {
    source: "import type { Tensor } from 'onnxruntime-node';\nexport type T = Tensor;",
    breaks: [],
  },
  'src/core/up.ts': {
    source: "export * from '../../models/door.ts';",
    breaks: ['browsers-import-what-browsers-run', 'down-only-from-src'],
  },
  'src/core/disk.ts': { source: "export * from 'node:fs';", breaks: ['browsers-have-no-node'] },
  'src/core/edge.ts': {
    source: "export * from '../node/door.ts';",
    breaks: ['browsers-import-what-browsers-run', 'rooms-below-core'],
  },
  'src/core/chicken.ts': {
    source: "import { egg } from './egg.ts';\nexport const chicken = () => egg;",
    breaks: ['no-circular'],
  },
  'src/core/egg.ts': {
    source: "import { chicken } from './chicken.ts';\nexport const egg = () => chicken;",
    // A circle is reported once.
    breaks: [],
  },
  'src/node/door.ts': { source: "export { rooms as door } from '../core/rooms.ts';", breaks: [] },
  'src/node/picture.ts': {
    source: "import sharp from 'sharp';\nexport const picture = sharp;",
    breaks: ['one-place-for-sharp'],
  },
  'src/node/image-file.ts': {
    source: "import sharp from 'sharp';\nexport const picture = sharp;",
    breaks: [],
  },
  'src/node/lost.ts': { source: "export * from './nowhere.ts';", breaks: ['resolvable'] },
  'src/node/tool.ts': { source: "export * from 'vite';", breaks: ['listed-packages'] },
  'src/node/run.ts': {
    source: "export const run = () => import('onnxruntime-node');",
    breaks: ['one-place-for-onnxruntime-node'],
  },
  // Of each room of src, a file that others may import, and one that imports what its room may not.
  'src/image/pixel.ts': { source: "export { rooms as pixel } from '../core/rooms.ts';", breaks: [] },
  'src/flow/motion.ts': {
    source: "export * from '@techstark/opencv-js';",
    breaks: ['one-place-for-opencv'],
  },
  'src/image/graph.ts': { source: "export * from '../onnx/graph.ts';", breaks: ['rooms-below-image'] },
  'src/onnx/graph.ts': { source: "export { rooms as graph } from '../core/rooms.ts';", breaks: [] },
  'src/onnx/faster.ts': { source: "export * from '../rewrites/faster.ts';", breaks: ['rooms-below-onnx'] },
  'src/rewrites/faster.ts': { source: "export * from '../onnx/graph.ts';", breaks: [] },
  'src/rewrites/numbers.ts': {
    source: "export * from '../weights/file.ts';",
    breaks: ['rooms-below-rewrites'],
  },
  'src/weights/file.ts': { source: "export * from '../onnx/graph.ts';", breaks: [] },
  'src/weights/pixel.ts': { source: "export * from '../image/pixel.ts';", breaks: ['rooms-below-weights'] },
  'src/runtime/node.ts': { source: "export * from '../rewrites/faster.ts';", breaks: [] },
  'src/runtime/disk.ts': { source: "export * from '../node/door.ts';", breaks: ['rooms-below-runtime'] },
  'src/node/samples.ts': { source: "export * from '../datasets/samples.ts';", breaks: ['rooms-below-node'] },
  'src/datasets/samples.ts': { source: "export * from '../node/door.ts';", breaks: [] },
  'src/datasets/run.ts': { source: "export * from '../runtime/node.ts';", breaks: ['rooms-below-datasets'] },
  'src/attic/rooms.ts': { source: 'export const attic = 1;', breaks: [] },
  'eval/attic.ts': { source: "export * from '../src/attic/rooms.ts';", breaks: ['rooms-are-listed'] },
  'models/door.ts': { source: 'export const model = 1;', breaks: [] },
  'models/tensors.ts': {
    source: "export { tensor } from '@tensorflow/tfjs-core';",
    breaks: ['one-place-for-tfjs-core-and-layers'],
  },
  'models/graphs.ts': {
    source: "export { loadGraphModel } from '@tensorflow/tfjs-converter';",
    breaks: ['one-place-for-tfjs-converter'],
  },
  'models/fast.ts': {
    source: "export * from '@tensorflow/tfjs-backend-wasm';",
    breaks: ['one-place-for-tfjs-backends'],
  },
  'exporters/model.ts': {
    source: "export * from '../models/door.ts';",
    breaks: ['down-only-from-exporters'],
  },
  'eval/model.ts': { source: "export * from '../models/door.ts';", breaks: ['down-only-from-eval'] },
  'jobs/say.ts': {
    source: "export * from '../cli/say.ts';\nexport * from '../web/page.ts';",
    breaks: ['down-only-from-jobs'],
  },
  'eval/job.ts': { source: "export * from '../jobs/work.ts';", breaks: ['down-only-from-eval'] },
  'jobs/work.ts': { source: "export * from '../models/door.ts';", breaks: [] },
  'web/serve.ts': { source: "export * from 'node:http';", breaks: ['browsers-have-no-node'] },
  'web/train.ts': {
    source: "export * from '../models/door.ts';",
    breaks: ['browsers-import-what-browsers-run', 'down-only-from-web'],
  },
  'jobs/site/serve.ts': { source: "export * from 'node:http';", breaks: [] },
  'web/say.ts': { source: "export * from '../cli/say.ts';", breaks: ['down-only-from-web'] },
  'cli/say.ts': { source: "export * from '../eval/model.ts';\nexport * from '../web/page.ts';", breaks: [] },
  'web/page.ts': { source: "export * from '../src/core/rooms.ts';", breaks: [] },
};

let house: string;

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'actionnx-boundaries-'));
  for (const [path, { source }] of Object.entries(files)) {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), `${source}\n`);
  }
  for (const name of ['package.json', 'tsconfig.json']) await copyFile(join(root, name), join(house, name));
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'));
});

afterAll(() => rm(house, { recursive: true, force: true }));

test('every boundary is watched, and nothing else is complained about', async () => {
  const found = new Map(Object.keys(files).map((path) => [path, new Set<string>()]));
  for (const { from, rule } of await violations()) found.get(from)?.add(rule.name);

  const breaks = Object.fromEntries([...found].map(([path, rules]) => [path, [...rules].sort()]));
  expect(breaks).toEqual(
    Object.fromEntries(Object.entries(files).map(([path, file]) => [path, file.breaks])),
  );
});

/** What the project's own rules find in the house. */
function violations(): Promise<{ from: string; rule: { name: string } }[]> {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const args = [cruiser, '--config', config, '--output-type', 'json', ...Object.keys(files)];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: house, maxBuffer: 2 ** 26 }, (error, stdout) => {
      // It exits with the number of violations; without output, it has not run.
      if (stdout === '') fail(error);
      else done(JSON.parse(stdout).summary.violations);
    });
  });
}
