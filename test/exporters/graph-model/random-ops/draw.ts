import { Rng } from '../../../../src/core/rng.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor.ts';
import { GraphDef, type } from '../graph-def.ts';

type Shape = readonly number[];
export type DType = 'float32' | 'int32' | 'bool';

interface ValueOptions {
  readonly dtype?: DType;
  /** Axes that the graph need not know; each is unknown at times, the batch mostly. Default: all. */
  readonly open?: readonly number[];
}

/** Where functions are defined that are not everywhere: what takes a value there. */
const domains = {
  positive: (x: string, g: GraphDef) => g.op('AddV2', [g.op('Sigmoid', [x]), g.float(0.05)]),
  small: (x: string, g: GraphDef) => g.op('Mul', [g.op('Tanh', [x]), g.float(0.9)]),
  large: (x: string, g: GraphDef) => g.op('AddV2', [g.op('Square', [x]), g.float(1.5)]),
};
export type Domain = keyof typeof domains;

/** A graph that is drawn by lot. Methods give names of nodes, or what options of nodes are made of. */
export class Draw {
  readonly graph = new GraphDef();
  readonly rng: Rng;

  constructor(seed: string) {
    this.rng = new Rng(seed);
  }

  /** A whole number from `low` to `high`. */
  from(low: number, high: number): number {
    return low + this.rng.integer(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return this.rng.pick(items);
  }

  chance(probability: number): boolean {
    return this.rng.chance(probability);
  }

  /** Of some of the ranks from 1 to 5, with less along each axis where there are more. */
  shape(rank = this.from(1, 5)): number[] {
    return Array.from({ length: rank }, () => this.from(1, rank > 3 ? 4 : 6));
  }

  /** An axis of so many, counted from the front or from the end. */
  axis(rank: number): number {
    return this.from(-rank, rank - 1);
  }

  /** Different axes, in any order, counted from the front or from the end. */
  axes(rank: number, count = this.from(1, rank)): number[] {
    const axes = this.rng.shuffle(Array.from({ length: rank }, (_, axis) => axis)).slice(0, count);
    return axes.map((axis) => (this.chance(0.3) ? axis - rank : axis));
  }

  floats(shape: Shape, low = -2, high = 2): Float32Array {
    return Float32Array.from({ length: sizeOf(shape) }, () => this.rng.uniform(low, high));
  }

  /** A constant of floats, of whole numbers that are not zero, or of what is true or false; transposed at times. */
  constant(shape: Shape, dtype: DType = 'float32'): string {
    const g = this.graph;
    if (dtype === 'bool') return g.op('Greater', [this.constant(shape), g.float(0)]);
    const signed = () => (this.chance(0.5) ? 1 : -1) * this.from(1, 9);
    const content = (extents: Shape) =>
      dtype === 'float32'
        ? g.constant(this.floats(extents), extents)
        : g.constant(Int32Array.from({ length: sizeOf(extents) }, signed), extents);
    if (shape.length < 3 || this.chance(0.8)) return content(shape);
    return g.op('Transpose', [content(channelsSecond(shape)), g.ints(channelsLast(shape.length))]);
  }

  /** Whole numbers: a constant, or what a graph works out from a value's extents, which may be unknown. */
  ints(values: readonly number[], x: string, shape: Shape): string {
    const g = this.graph;
    if (this.chance(0.6)) return g.ints(values);
    const extents = g.op('Shape', [x]);
    const scalars = values.map((value) => {
      if (this.chance(0.5)) return g.ints(value);
      const axis = this.from(0, shape.length - 1);
      const range = [axis, axis + 1, 1].map((bound) => g.ints([bound]));
      const extent = g.op('StridedSlice', [extents, ...range], { shrink_axis_mask: 1 });
      return g.op('Sub', [extent, g.ints(shape[axis] - value)]);
    });
    return g.op('Pack', scalars, { axis: 0, N: scalars.length });
  }

  /** A value that an input gives: as it is, transposed, or through a convolution, so stored channels-first. */
  value(shape: Shape, { dtype = 'float32', open = [...shape.keys()] }: ValueOptions = {}): string {
    const g = this.graph;
    if (dtype === 'bool') return g.op('Greater', [this.value(shape, { open }), g.float(0)]);
    const way = shape.length < 3 ? 0 : this.rng.uniform();
    if (way < 0.4) return this.#input(shape, dtype, open);
    if (way < 0.6 || dtype === 'int32') return this.#transposed(shape, dtype, open);
    if (shape.length > 3) return g.mixed(this.#input(shape, dtype, open), shape.length, shape.at(-1)!);
    const image = this.#input(
      shape.toSpliced(2, 0, 1),
      dtype,
      open.map((axis) => (axis === 2 ? 3 : axis)),
    );
    return g.op('Squeeze', [g.mixed(image, 4, shape[2])], { squeeze_dims: [2] });
  }

  /** A value of a random shape. */
  any(options: ValueOptions & { readonly rank?: number } = {}): string {
    return this.value(this.shape(options.rank), options);
  }

  /** A value of numbers at which a function is defined. */
  within(domain: Domain | undefined, x: string): string {
    return domain ? domains[domain](x, this.graph) : x;
  }

  /** Zeros and ones for a value that is true or false. */
  numbers(bool: string): string {
    return this.graph.op('Cast', [bool], { DstT: type('float32') });
  }

  #input(shape: Shape, dtype: 'float32' | 'int32', open: readonly number[]): string {
    const data = this.floats(shape);
    const whole = Int32Array.from(data, (value) => Math.round(4 * value));
    const unknown = open.filter((axis) => this.chance(axis === 0 ? 0.7 : 0.1));
    return this.graph.placeholder(tensor(dtype === 'int32' ? whole : data, shape), unknown);
  }

  /** [N, …, C] from what is stored as [N, C, …]. */
  #transposed(shape: Shape, dtype: 'float32' | 'int32', open: readonly number[]): string {
    const perm = channelsLast(shape.length);
    const stored = open.map((axis) => perm[axis]);
    return this.graph.op('Transpose', [
      this.#input(channelsSecond(shape), dtype, stored),
      this.graph.ints(perm),
    ]);
  }
}

/** [N, …, C] as [N, C, …]. */
function channelsSecond([batch, ...others]: Shape): number[] {
  return [batch, others.pop()!, ...others];
}

/** The permutation that leads back. */
function channelsLast(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
}

/** Draws an operator; gives the values to compare. */
export type Generate = (draw: Draw, operator: string) => string | readonly string[];

/** The same generator under several names. */
export function under<G>(operators: readonly string[], generate: G): Record<string, G> {
  return Object.fromEntries(operators.map((operator) => [operator, generate]));
}

/** Draws what gives values of the type that it takes, which may be any. */
export type Move = (draw: Draw, operator: string, dtype: DType) => string | readonly string[];

export function ofAnyType(moves: Readonly<Record<string, Move>>): Record<string, Generate> {
  const drawn = Object.entries(moves).map(([name, move]): [string, Generate] => [
    name,
    (draw, operator) => {
      const dtype = draw.pick<DType>(['float32', 'float32', 'float32', 'int32', 'bool']);
      const results = [move(draw, operator, dtype)].flat();
      return dtype === 'bool' ? results.map((result) => draw.numbers(result)) : results;
    },
  ]);
  return Object.fromEntries(drawn);
}
