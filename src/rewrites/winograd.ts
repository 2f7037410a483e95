import type { Extents } from '../onnx/extents.ts';
import type { GraphNode } from '../onnx/graph.ts';
import type { NodeWriter } from '../onnx/node-writer.ts';

/**
 * Convolutions with 3 × 3 kernels by Winograd's minimal filtering F(2×2, 3×3): of each 4 × 4 patch of the input two by
 * two results are made with 16 products where the definition takes 36. Written in operators that every runtime has,
 * the products are sixteen multiplications of matrices. Source: Lavin and Gray, Fast Algorithms for Convolutional
 * Neural Networks, 2016, section 4.1.
 */

/** What each of the 4 values along a patch goes into (Bᵀ), each of the 3 along a kernel (G), each result (Aᵀ). */
const ofInputs = [1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1];
const ofKernels = [1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1];
const ofResults = [1, 1, 1, 0, 0, 1, -1, -1];

/** Results along each side of a tile, and inputs along each side of the patch that it is made of. */
const [tile, patch] = [2, 4];

/**
 * The most elements of a convolution's input or result, of 4 bytes each: a run holds patches of four times as many, and
 * their transforms and products, which are as large.
 */
const mostValues = 2 ** 23;

/** What a convolution spans, with strides of 1 and one row or column of padding on each side. */
export interface WinogradShape {
  readonly channels: number;
  readonly filters: number;
  /** Of a clip; 1 of an image. */
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** Whether moving values about costs less than the products that are saved, which depends on the runtime. */
export type Gains = (shape: WinogradShape) => boolean;

/** A convolution to be written. */
export interface WinogradConvolution extends WinogradShape {
  readonly name: string;
  /** The input: [height · width, …, channels]. */
  readonly input: string;
  /** The kernel, [filters, channels, …] of 3 × 3 positions. */
  readonly kernel: string;
}

/**
 * What a convolution of images or clips spans; null where it is none for this filtering.
 *
 * @param kernel [filters, channels, 3, 3], or [filters, channels, 1, 3, 3]
 * @param input [height, width], or [frames, height, width]
 * @param attributes of the Conv
 */
export function winogradShape(
  kernel: readonly number[],
  input: Extents,
  attributes: GraphNode['attributes'],
): WinogradShape | null {
  const [filters, channels, ...window] = kernel;
  const isClip = window.length === 3;
  const [frames, height, width] = isClip ? input : [1, ...input];
  const ones = window.map(() => 1);
  const has = (name: string, given: readonly number[], absent: number) =>
    String(attributes[name] ?? given.map(() => absent)) === String(given);
  const fits =
    String(window) === (isClip ? '1,3,3' : '3,3') &&
    has('strides', ones, 1) &&
    has('dilations', ones, 1) &&
    has('pads', isClip ? [0, 1, 1, 0, 1, 1] : [1, 1, 1, 1], 0) &&
    has('group', [1], 1) &&
    (attributes.auto_pad ?? 'NOTSET') === 'NOTSET';
  if (!fits || frames === null || height === null || width === null) return null;
  if (frames * height * width * Math.max(channels, filters) > mostValues) return null;
  return { channels, filters, frames, height, width };
}

/** Tiles of results that a plane is made of. */
export function tileCount(height: number, width: number): number {
  return Math.ceil(height / tile) * Math.ceil(width / tile);
}

/** Writes the convolution, without a bias; its result is [height · width, …, filters], all between as one axis. */
export function writeWinograd(
  writer: NodeWriter,
  { name, input, kernel, channels, filters, height, width }: WinogradConvolution,
): string {
  const tiles = tileCount(height, width);
  const step = (label: string) => `${name}/winograd/${label}`;
  const product = (label: string, matrix: readonly number[], columns: number, value: string) => {
    const outer = kronecker(matrix, columns);
    const constant = `winograd/${label}`;
    writer.floats(constant, [outer.length / columns ** 2, columns ** 2], () => Float32Array.from(outer), {
      learnt: false,
    });
    return writer.add('MatMul', step(label), [constant, value]);
  };

  // From the kernel alone: runtimes do it once, when they load the graph.
  const positions = writer.reshape(step('kernel/positions'), kernel, [filters, channels, 9]);
  const turned = writer.add('Transpose', step('kernel/turned'), [positions], { perm: [2, 1, 0] });
  const flat = writer.reshape(step('kernel/flat'), turned, [9, channels * filters]);
  const ofPatches = product('kernels', ofKernels, 3, flat);
  const factors = writer.reshape(step('factors'), ofPatches, [patch ** 2, channels, filters]);

  // Patches overlap; what they reach beyond the edges is the row of zeros behind the last position.
  const padded = writer.add('Pad', step('padded'), [input, writer.integers([0, 0, 0, 1, 0, 0])]);
  const gathered = writer.add('Gather', step('patches'), [
    padded,
    writer.integers(patchPositions(height, width), `winograd/patches/${height}x${width}`),
  ]);
  const patches = writer.reshape(step('patches/flat'), gathered, [patch ** 2, -1]);
  const inputs = writer.reshape(step('inputs/rows'), product('inputs', ofInputs, patch, patches), [
    ...[patch ** 2, -1, channels],
  ]);
  const products = writer.add('MatMul', step('products'), [inputs, factors]);
  const results = product(
    'results',
    ofResults,
    patch,
    writer.reshape(step('products/flat'), products, [patch ** 2, -1]),
  );
  const rows = writer.reshape(step('results/rows'), results, [tile ** 2 * tiles, -1, filters]);
  return writer.add('Gather', step('positions'), [
    rows,
    writer.integers(resultPositions(height, width), `winograd/positions/${height}x${width}`),
  ]);
}

/** For each value of a patch, for each tile: the position that it is read from; height · width beyond the edges. */
function patchPositions(height: number, width: number): number[] {
  const offsets = Array.from({ length: patch }, (_, offset) => offset - 1);
  const along = (extent: number) => Array.from({ length: Math.ceil(extent / tile) }, (_, i) => i * tile);
  const isInside = (position: number, extent: number) => position >= 0 && position < extent;
  return offsets.flatMap((down) =>
    offsets.flatMap((right) =>
      along(height).flatMap((y) =>
        along(width).map((x) =>
          isInside(y + down, height) && isInside(x + right, width)
            ? (y + down) * width + x + right
            : height * width,
        ),
      ),
    ),
  );
}

/** For each position: which of all tiles' results, ordered as the patches' values are, is its own. */
function resultPositions(height: number, width: number): number[] {
  const columns = Math.ceil(width / tile);
  return Array.from({ length: height * width }, (_, position) => {
    const [y, x] = [Math.floor(position / width), position % width];
    const within = (y % tile) * tile + (x % tile);
    return within * tileCount(height, width) + Math.floor(y / tile) * columns + Math.floor(x / tile);
  });
}

/** The matrix for both sides of a patch: its Kronecker product with itself. */
function kronecker(matrix: readonly number[], columns: number): number[] {
  const rows = matrix.length / columns;
  return Array.from({ length: (rows * columns) ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / columns ** 2), i % columns ** 2];
    const [down, right] = [Math.floor(row / rows), row % rows];
    return (
      matrix[down * columns + Math.floor(column / columns)] * matrix[right * columns + (column % columns)]
    );
  });
}
