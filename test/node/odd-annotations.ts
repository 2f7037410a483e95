import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

const golden: { codes: number[]; files: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../golden/a2d-annotations/odd.json', import.meta.url), 'utf8'),
);

/** The codes of the odd files' label map, as HDF5 has them: 5 columns of 3 rows. */
export const specks: readonly number[] = golden.codes;

/** A file that test/golden/a2d-annotations.py made, by its name there. */
export function oddAnnotation(name: string): Uint8Array {
  if (!golden.files[name]) throw new Error(`there is no odd annotation ${name}`);
  return inflateSync(Buffer.from(golden.files[name], 'base64'));
}
