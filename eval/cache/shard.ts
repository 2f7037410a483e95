import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { reasonOf, UserError } from '../../src/core/errors.ts';

/** Probabilities by sample, as one immutable file of the cache holds them. */
export interface Shard {
  readonly ids: readonly string[];
  /** ids × labels, row-major. */
  readonly probabilities: Float32Array;
  /** Whatever is worth knowing about where they came from. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A shard as Parquet: `sample_id` (string) and `probabilities` (list<float>), and the metadata as key-value pairs.
 * Readable by pyarrow, DuckDB and the like.
 */
export function encodeShard({ ids, probabilities, metadata }: Shard): Uint8Array {
  const labels = probabilities.length / ids.length;
  const rows = ids.map((_, i) => Array.from(probabilities.subarray(i * labels, (i + 1) * labels)));
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    createdBy: 'actionnx',
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'sample_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'probabilities', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ],
    columnData: [
      { name: 'sample_id', data: [...ids] },
      { name: 'probabilities', data: rows },
    ],
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return writer.getBytes();
}

/**
 * The shard in a Parquet file's bytes.
 *
 * @param labels how many probabilities a sample must have
 * @throws UserError naming `source` when the bytes are not such a shard
 */
export async function decodeShard(bytes: Uint8Array, labels: number, source: string): Promise<Shard> {
  try {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const footer = parquetMetadata(file);
    const rows = (await parquetReadObjects({
      file,
      metadata: footer,
      columns: ['sample_id', 'probabilities'],
    })) as { sample_id: string; probabilities: number[] }[];
    const probabilities = new Float32Array(rows.length * labels);
    rows.forEach((row, i) => {
      if (row.probabilities.length !== labels) {
        throw new Error(`${row.sample_id} has ${row.probabilities.length} probabilities, not ${labels}`);
      }
      probabilities.set(row.probabilities, i * labels);
    });
    return {
      ids: rows.map(({ sample_id }) => sample_id),
      probabilities,
      metadata: Object.fromEntries(
        (footer.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']),
      ),
    };
  } catch (cause) {
    throw new UserError(`the cached predictions in ${source} cannot be read`, {
      received: reasonOf(cause),
      remedy: 'delete that file: what it held is predicted again',
      cause,
    });
  }
}
