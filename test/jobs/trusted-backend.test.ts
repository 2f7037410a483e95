import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { convertModel } from '../../jobs/convert.ts';
import { onTrustedBackend } from '../../jobs/trusted-backend.ts';
import { selectBackend } from '../../models/train/backend.ts';
import { UserError } from '../../src/core/errors.ts';
import { tf } from '../exporters/onnx/parity.ts';
import { saveModel } from './typed.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trusted-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  // tfjs's wasm takes the largest of negative numbers for zero.
  [
    'is wrong',
    // In small windows, of which some are all negative whatever is drawn.
    () => tf.layers.maxPooling3d({ poolSize: [1, 1, 2], inputShape: [4, 4, 4, 2] }),
    'disagrees with the graph',
  ],
  [
    'lacks a kernel',
    () => tf.layers.conv3dTranspose({ filters: 2, kernelSize: 2, inputShape: [3, 3, 3, 1] }),
    'has no Conv3DBackpropInputV2',
  ],
])('compares with plain JavaScript where the chosen backend %s, and says so', async (name, layer, reason) => {
  await selectBackend('wasm');
  const source = await saveModel(join(folder, name), tf.sequential({ layers: [layer()] }));
  const out = join(folder, `${name}.onnx`);
  const notices: string[] = [];
  const { backend } = await convertModel(source, { out, onNotice: (notice) => notices.push(notice) });
  const said = notices.join('\n');
  const chosen = /tfjs's ([\w-]+) backend/.exec(said)?.[1];
  // A native tfjs may be right at once.
  if (chosen !== undefined) expect(said).toContain(`tfjs's ${chosen} backend ${reason}: trying again`);
  expect(backend).toMatch(/^(cpu|tfjs-node.*)$/);
  expect((await readFile(out)).length).toBeGreaterThan(100);
});

it('does not try again what is wrong with the model, or on a backend that was asked for', async () => {
  const work = vi.fn(() => Promise.reject(new UserError('the model is damaged')));
  await expect(onTrustedBackend('auto', {}, work)).rejects.toThrow('the model is damaged');
  expect(work).toHaveBeenCalledTimes(1);
  const lacking = vi.fn(() => Promise.reject(new Error("Kernel 'Einsum' not registered for backend 'wasm'")));
  await expect(onTrustedBackend('wasm', {}, lacking)).rejects.toThrow('Einsum');
  expect(lacking).toHaveBeenCalledTimes(1);
});

it('tries again what the backend says that it does not compute', async () => {
  const notices: string[] = [];
  const used: string[] = [];
  await onTrustedBackend('auto', { onNotice: (notice) => notices.push(notice) }, async (backend) => {
    used.push(backend);
    if (backend !== 'cpu')
      throw new UserError('tfjs must be able to run the model', {
        received: 'BatchMatMul for non non-float32 tensors not yet supported.',
      });
  });
  expect(used.at(-1)).toBe('cpu');
  if (used.length > 1) expect(notices[0]).toContain('does not compute all of the model: trying again');
});
