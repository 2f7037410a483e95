import { readFile } from 'node:fs/promises';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { decodeShard, encodeShard } from '../../../eval/cache/shard.ts';

const shard = {
  ids: ['gamma/00009', 'alpha/00010', 'café/00001'],
  probabilities: Float32Array.of(0.25, 0.5, 1, 0, 0.125, 0.75, 0.1, 0.2, 0.3),
  metadata: { graph: '00ff' },
};

describe('shard', () => {
  it('comes back as it was written, floats bit for bit', async () => {
    expect(await decodeShard(encodeShard(shard), 3, 'here')).toEqual(shard);
  });

  it('gives the same bytes for the same predictions', () => {
    expect(encodeShard(shard)).toEqual(encodeShard(structuredClone(shard)));
  });

  it('is written in the columns that pyarrow and DuckDB know as text and a list of floats', () => {
    const { schema, created_by, num_rows } = parquetMetadata(
      encodeShard(shard).slice().buffer as ArrayBuffer,
    );
    expect({ created_by, num_rows }).toEqual({ created_by: 'actionnx', num_rows: 3n });
    const columns = schema.map(({ name, type, repetition_type, converted_type, num_children }) =>
      [name, type, repetition_type, converted_type, num_children].map((value) => value ?? ''),
    );
    expect(columns).toEqual([
      ['root', '', '', '', 2],
      ['sample_id', 'BYTE_ARRAY', 'REQUIRED', 'UTF8', ''],
      ['probabilities', '', 'REQUIRED', 'LIST', 1],
      ['list', '', 'REPEATED', '', 1],
      ['element', 'FLOAT', 'REQUIRED', '', ''],
    ]);
  });

  it.each([1, 8])('is read where it lies at byte %d of a larger buffer, with more behind', async (at) => {
    const bytes = encodeShard(shard);
    const larger = new Uint8Array(bytes.length + 2 * at);
    larger.set(bytes, at);
    expect(await decodeShard(larger.subarray(at, at + bytes.length), 3, 'here')).toEqual(shard);
  });

  it('reads what pyarrow writes', async () => {
    const bytes = await readFile(new URL('../../golden/shard.parquet', import.meta.url));
    const { ids, probabilities, metadata } = await decodeShard(bytes, 3, 'shard.parquet');
    expect(ids).toEqual(shard.ids);
    expect(probabilities).toEqual(shard.probabilities);
    expect(metadata.graph).toBe('00ff');
  });

  it('refuses anything else, naming the file', async () => {
    const bytes = encodeShard(shard);
    await expect(decodeShard(bytes, 4, 'x')).rejects.toThrow(
      'received gamma/00009 has 3 probabilities, not 4;',
    );
    for (const [labels, damaged] of [
      [3, bytes.subarray(0, bytes.length - 20)],
      [3, bytes.subarray(0, 3)],
      [3, new Uint8Array(0)],
      [4, bytes],
    ] as const) {
      await expect(decodeShard(damaged, labels, 'cache/x.parquet')).rejects.toThrow(
        /^the cached predictions in cache\/x\.parquet cannot be read; received [^\n]+; delete that file/,
      );
    }
  });
});
