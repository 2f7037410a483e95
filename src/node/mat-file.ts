import { readFile } from 'node:fs/promises';
import { reasonOf, UserError } from '../core/errors.ts';
import type { LabelMap } from '../core/label-map.ts';
import { sizeOf } from '../core/tensor.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { type Dataset, type File, hdf5Reason, readHdf5, writeHdf5 } from './hdf5.ts';
import { hdf5Fault, otherMatFormat, withoutTimes, withUserBlock } from './mat-header.ts';

/** One annotated actor. */
export interface AnnotatedObject {
  /** 10·actor + action. */
  readonly code: number;
  /** Corners as the release stores them, in pixels. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Height × width, row-major, 0 or 1. */
  readonly mask: Uint8Array;
}

/** All that the A2D release says about one frame. */
export interface Annotation {
  readonly labelMap: LabelMap;
  readonly objects: readonly AnnotatedObject[];
}

/** An array of the file as HDF5 has it: MATLAB's axes reversed, row-major. */
interface Field {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

class AnnotationFile {
  readonly #file: File;

  constructor(file: File) {
    this.#file = file;
  }

  /** @param dimensions the numbers of axes that are allowed */
  field(name: string, ...dimensions: number[]): Field {
    const dataset = this.#file.get(name) as Dataset | null;
    if (!dataset?.metadata) throw new Error(`it has no "${name}"`);
    const shape = dataset.shape ?? [];
    // MATLAB writes an empty array as the list of its extents, marked so.
    if (shape.length === 1 && 'MATLAB_empty' in dataset.attrs) return { shape: [0], data: [] };
    const data = dataset.value;
    if (!dimensions.includes(shape.length)) {
      throw new Error(`"${name}" needs ${dimensions.join(' or ')} axes, has shape [${shape}]`);
    }
    const isNumbers =
      ArrayBuffer.isView(data) && !(data instanceof BigInt64Array || data instanceof BigUint64Array);
    const numbers = data as unknown as ArrayLike<number>;
    // What HDF5 has no type for comes as bytes: several a value.
    if (!isNumbers || numbers.length !== sizeOf(shape)) throw new Error(`"${name}" does not hold numbers`);
    return { shape, data: numbers };
  }
}

async function withAnnotationFile<T>(path: string, use: (file: AnnotationFile) => T): Promise<T> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(missing ? `there is no annotation ${path}` : `cannot read ${path}`, {
      received: missing ? undefined : reasonOf(error),
      cause: error,
    });
  }
  const other = otherMatFormat(bytes);
  if (other !== null) {
    throw new UserError(`the annotation ${path} must be a MATLAB file of version 7.3`, {
      received: other,
      remedy: "save it anew with save('-v7.3'), or take the release's own file",
    });
  }
  const unreadable = (received: string, cause?: unknown) =>
    new UserError(`cannot read the annotation ${path}`, {
      received,
      remedy: 'the file is corrupt, truncated or no A2D annotation: get it again',
      cause,
    });
  const fault = hdf5Fault(bytes);
  if (fault !== null) throw unreadable(fault);
  try {
    return await readHdf5(bytes, (file) => use(new AnnotationFile(file)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unreadable(hdf5Reason(error), error);
  }
}

/** A value that may be stored as any kind of number. @throws Error where it is none that a byte holds */
function byteOf(value: number, name: string): number {
  if (value === (value & 0xff)) return value;
  throw new Error(`"${name}" holds ${value}, which is no whole number of 0–255`);
}

/** Turns one stored W×H plane, starting at `offset`, into a row-major H×W one of bytes. */
function transposed(field: Field, name: string, offset: number, width: number, height: number): Uint8Array {
  const { data } = field;
  const plane = new Uint8Array(width * height);
  for (let x = 0; x < width; x++) {
    const column = offset + x * height;
    for (let y = 0; y < height; y++) {
      plane[y * width + x] = byteOf(data[column + y], name);
    }
  }
  return plane;
}

function labelField(file: AnnotationFile): Field {
  const field = file.field('reS_id', 2);
  if (field.data.length === 0) throw new Error('"reS_id" is empty');
  return field;
}

function labelMapOf(file: AnnotationFile): LabelMap {
  const field = labelField(file);
  const [width, height] = field.shape;
  return { width, height, codes: transposed(field, 'reS_id', 0, width, height) };
}

/**
 * The label map of an A2D annotation file (MATLAB v7.3): the codes of `reS_id`, turned upright.
 *
 * @throws UserError naming the file when it is missing, corrupt, truncated or no annotation
 */
export function readLabelMap(path: string): Promise<LabelMap> {
  return withAnnotationFile(path, labelMapOf);
}

/** The distinct values of an annotation's label map, ascending, without the background. @throws as `readLabelMap` */
export function readLabelCodes(path: string): Promise<number[]> {
  return withAnnotationFile(path, (file) => distinctCodes(labelField(file).data));
}

function distinctCodes(data: ArrayLike<number>): number[] {
  const seen = new Set<number>();
  const add = (from: number, to: number) => {
    for (let i = from; i < to; i++) seen.add(data[i]);
  };
  if (data instanceof Uint8Array) {
    // Codes come in long stretches: four pixels at a time, and a look at each only where the four change.
    const fours = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
    let last = 0;
    for (let i = 0; i < fours.length; i++) {
      if (fours[i] === last) continue;
      last = fours[i];
      add(i * 4, i * 4 + 4);
    }
    add(fours.length * 4, data.length);
  } else {
    add(0, data.length);
  }
  seen.delete(0);
  return Array.from(seen, (code) => byteOf(code, 'reS_id')).sort((a, b) => a - b);
}

/**
 * The label map and the objects of an A2D annotation file: `reS_id` [W, H], `id` [1, n], `reBBox` [4, n] and
 * `reMask` [n, W, H], or [W, H] where n = 1 (shapes as HDF5 has them).
 *
 * @throws UserError naming the file when it is missing, corrupt, truncated or no annotation
 */
export function readAnnotation(path: string): Promise<Annotation> {
  return withAnnotationFile(path, (file) => {
    const labelMap = labelMapOf(file);
    const { width, height } = labelMap;
    const id = file.field('id', 2);
    const boxes = file.field('reBBox', 2);
    const masks = file.field('reMask', 2, 3);
    const count = id.data.length;
    const consistent =
      boxes.data.length === 4 * count &&
      masks.data.length === count * width * height &&
      (count === 0 ||
        (boxes.shape[0] === 4 && masks.shape.at(-2) === width && masks.shape.at(-1) === height));
    if (!consistent) {
      const shapes = `id [${id.shape}], reBBox [${boxes.shape}], reMask [${masks.shape}]`;
      throw new Error(`${shapes} do not belong together for a frame of ${width}×${height}`);
    }
    const objects = Array.from({ length: count }, (_, i) => ({
      code: id.data[i],
      box: [0, 1, 2, 3].map((k) => boxes.data[k * count + i]) as [number, number, number, number],
      mask: transposed(masks, 'reMask', i * width * height, width, height),
    }));
    return { labelMap, objects };
  });
}

/** Lays row-major H×W planes out as W×H, one after the other. */
function columnMajor(planes: readonly Uint8Array[], width: number, height: number): Uint8Array {
  const out = new Uint8Array(planes.length * width * height);
  let o = 0;
  for (const plane of planes) {
    for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) out[o++] = plane[y * width + x];
  }
  return out;
}

function addField(
  file: File,
  name: string,
  matlabClass: 'uint8' | 'double' | 'logical',
  data: Uint8Array | Float64Array,
  shape: number[],
): void {
  const empty = data.length === 0;
  const chunks = shape.length === 3 ? [1, ...shape.slice(1)] : shape;
  const dataset = empty
    ? file.create_dataset({ name, data: new BigUint64Array(2), shape: [2] })
    : file.create_dataset({ name, data, shape, chunks, compression: 'gzip', compression_opts: 3 });
  dataset.create_attribute('MATLAB_class', matlabClass, null, `S${matlabClass.length}`);
  if (matlabClass === 'logical') dataset.create_attribute('MATLAB_int_decode', new Int32Array([1]), [], '<i');
  if (empty) dataset.create_attribute('MATLAB_empty', new Uint8Array([1]), [], '<B');
}

/**
 * The bytes of an annotation file with the release's names, axes and MATLAB attributes: MATLAB v7.3 (HDF5 behind a
 * 512-byte user block). The same annotation gives the same bytes.
 *
 * @throws Error when a mask does not have the label map's size
 */
export async function encodeAnnotation({ labelMap, objects }: Annotation): Promise<Uint8Array> {
  const { width, height, codes } = labelMap;
  const size = width * height;
  for (const { length } of [codes, ...objects.map(({ mask }) => mask)]) {
    if (length !== size) throw new Error(`a ${width}×${height} plane needs ${size} values, has ${length}`);
  }
  const count = objects.length;
  const boxes = Float64Array.from(
    { length: 4 * count },
    (_, i) => objects[i % count].box[Math.floor(i / count)],
  );
  const masks = columnMajor(
    objects.map(({ mask }) => mask),
    width,
    height,
  );

  const seconds = () => Math.floor(Date.now() / 1000);
  const started = seconds();
  const hdf5 = await writeHdf5((file) => {
    addField(file, 'reS_id', 'uint8', columnMajor([codes], width, height), [width, height]);
    addField(file, 'reBBox', 'double', boxes, [4, count]);
    addField(
      file,
      'id',
      'double',
      Float64Array.from(objects, ({ code }) => code),
      [1, count],
    );
    addField(file, 'reMask', 'logical', masks, count === 1 ? [width, height] : [count, width, height]);
  });
  return withUserBlock(withoutTimes(hdf5, started, seconds()));
}

/** Writes an annotation file, whole or not at all. @throws as `encodeAnnotation` */
export async function writeAnnotation(path: string, annotation: Annotation): Promise<void> {
  await writeFileAtomic(path, await encodeAnnotation(annotation));
}
