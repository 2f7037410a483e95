import type { GraphNode, Initializer } from './graph.ts';

/** Collects the nodes and constants that a rewrite of a graph puts in: each value is called like the node that gives it. */
export class NodeWriter {
  readonly nodes: GraphNode[] = [];
  readonly initializers: Map<string, Initializer>;

  /**
   * @param initializers what the graph has already; it stays as it is
   */
  constructor(initializers: ReadonlyMap<string, Initializer>) {
    this.initializers = new Map(initializers);
  }

  add(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: GraphNode['attributes'] = {},
    domain?: string,
  ): string {
    this.nodes.push({ name, operator, inputs, outputs: [name], attributes, ...(domain && { domain }) });
    return name;
  }

  reshape(name: string, input: string, shape: readonly number[]): string {
    return this.add('Reshape', name, [input, this.integers(shape)]);
  }

  /** Integers, [values]; those of one name are the same, and shared. */
  integers(values: readonly number[], name = `integers/${values.join('_')}`): string {
    if (!this.initializers.has(name)) {
      const data = BigInt64Array.from(values, BigInt);
      const shape = [values.length];
      this.initializers.set(name, { name, dtype: 'int64', shape, learnt: false, data: () => data });
    }
    return name;
  }

  /** Floats: a constant, or weights made of others. */
  floats(
    name: string,
    shape: readonly number[],
    data: () => Float32Array,
    { learnt }: Pick<Initializer, 'learnt'>,
  ): string {
    this.initializers.set(name, { name, dtype: 'float32', shape, learnt, data });
    return name;
  }

  /** Floats of 64 bits, for sums that magnify rounding. */
  doubles(name: string, shape: readonly number[], values: readonly number[]): string {
    const data = Float64Array.from(values);
    this.initializers.set(name, { name, dtype: 'float64', shape, learnt: true, data: () => data });
    return name;
  }
}
