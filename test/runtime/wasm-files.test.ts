import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { untilAborted, wasmBuilds } from '../../src/runtime/wasm-files.ts';

describe('wasmBuilds', () => {
  it.each(Object.values(wasmBuilds))(
    'knows the size of $name, as it is installed',
    async ({ name, bytes }) => {
      const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
      const sizes = await Promise.all(
        ['mjs', 'wasm'].map(async (ending) => (await stat(join(folder, `${name}.${ending}`))).size),
      );
      expect(bytes).toBe(sizes[0] + sizes[1]);
    },
  );
});

describe('untilAborted', () => {
  it('hands over what comes too late, so that it can be released', async () => {
    const controller = new AbortController();
    const late: string[] = [];
    let arrive: (value: string) => void = () => {};
    const promise = new Promise<string>((resolve) => {
      arrive = resolve;
    });
    const waited = untilAborted(promise, controller.signal, (value) => late.push(value));
    controller.abort(new Error('enough'));
    await expect(waited).rejects.toThrow('enough');
    arrive('session');
    await promise;
    expect(late).toEqual(['session']);
  });

  it('keeps what comes in time', async () => {
    const controller = new AbortController();
    const late: string[] = [];
    const waited = untilAborted(Promise.resolve('session'), controller.signal, (value) => late.push(value));
    expect(await waited).toBe('session');
    controller.abort();
    expect(late).toEqual([]);
    await expect(untilAborted(Promise.reject(new Error('none')), controller.signal)).rejects.toBe(
      controller.signal.reason,
    );
  });
});
