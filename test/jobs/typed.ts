import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { vi } from 'vitest';
import yargs from 'yargs';
import { tf } from '../exporters/onnx/parity.ts';

/** A command as typed, on tfjs's cpu backend where it computes and none is named; returns what it prints on stdout. */
function typed(verb: keyof typeof commands) {
  return async (...args: string[]): Promise<string> => {
    const { command } = await commands[verb]();
    const isGiven =
      verb === 'merge' || verb === 'wrap' || ['hf', 'triton', '--backend'].some((arg) => args.includes(arg));
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    const tell = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      await yargs([verb, ...args, ...(isGiven ? [] : ['--backend', 'cpu'])])
        .command(command as never)
        .strict()
        .exitProcess(false)
        .fail((message, error) => {
          throw error ?? new Error(message);
        })
        .parseAsync();
      return print.mock.calls.map(([line]) => line).join('\n');
    } finally {
      print.mockRestore();
      tell.mockRestore();
    }
  };
}

const commands = {
  export: () => import('../../cli/export.ts'),
  convert: () => import('../../cli/convert.ts'),
  merge: () => import('../../cli/merge.ts'),
  graft: () => import('../../cli/graft.ts'),
  publish: () => import('../../cli/publish.ts'),
  wrap: () => import('../../cli/wrap.ts'),
};

export const exported = typed('export');
export const converted = typed('convert');
export const merged = typed('merge');
export const grafted = typed('graft');
export const published = typed('publish');
export const wrapped = typed('wrap');

/** As `model.save` and the converter lay a model out, its weights in two files. @returns the path of its model.json */
export async function saveModel(folder: string, model: LayersModel): Promise<string> {
  await mkdir(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData }) => {
      const bytes = Buffer.from(weightData as ArrayBuffer);
      const weightsManifest = [
        { paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: weightSpecs },
      ];
      await writeFile(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, 10));
      await writeFile(join(folder, 'group1-shard2of2.bin'), bytes.subarray(10));
      await writeFile(
        join(folder, 'model.json'),
        JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
      );
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return join(folder, 'model.json');
}
