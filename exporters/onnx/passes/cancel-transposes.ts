import { gather, rowMajorStrides } from '../../../src/core/strided.ts';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
  renameValues,
  usedBy,
} from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Removes transposes that undo one another, through operators on single elements too: those run on the value as it
 * was before the transpose. A transpose that meets no other stays where it is.
 */
export const cancelTransposes: Pass = {
  name: 'cancel-transposes',

  apply(graph: Graph): Graph {
    // Moving a transpose that cancels nothing gains nothing, and may cost: over bytes it is cheaper than over floats.
    const fixed = new Set<GraphNode>();
    for (;;) {
      const walk = new Walk(graph, fixed);
      const useless = walk.useless();
      if (useless.length === 0) return dropUnusedInitializers(walk.result());
      for (const node of useless) fixed.add(node);
    }
  },
};

const unary = new Set([
  ...['Relu', 'LeakyRelu', 'Clip', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'HardSigmoid', 'Softplus', 'Softsign'],
  ...['Identity', 'Cast', 'Exp', 'Log', 'Sqrt', 'Neg', 'Abs', 'Erf', 'Reciprocal', 'Floor', 'Ceil', 'Round'],
]);
const binary = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'Sum', 'Mean']);

/** A value that is another one transposed, not computed until someone needs it as it is. */
interface View {
  readonly source: string;
  readonly permutation: readonly number[];
  /** The transposes that it comes from. */
  readonly origins: ReadonlySet<GraphNode>;
}

class Walk {
  readonly #graph: Graph;
  readonly #nodes: GraphNode[] = [];
  readonly #initializers: Map<string, Initializer>;
  readonly #views = new Map<string, View>();
  readonly #materialized = new Set<string>();
  readonly #aliases = new Map<string, string>();
  readonly #origins = new Set<GraphNode>();
  /** Origins of views that have cancelled. */
  readonly #useful = new Set<GraphNode>();
  readonly #kept: ReadonlySet<string>;

  constructor(graph: Graph, fixed: ReadonlySet<GraphNode>) {
    this.#graph = graph;
    this.#initializers = new Map(graph.initializers);
    this.#kept = new Set(graph.outputs.map(({ name }) => name));
    for (const node of graph.nodes) this.#visit(node, fixed);
    for (const name of this.#kept) this.#materialize(name);
  }

  /** Transposes that were carried on and cancelled with none. */
  useless(): GraphNode[] {
    return [...this.#origins].filter((node) => !this.#useful.has(node));
  }

  result(): Graph {
    const graph = { ...this.#graph, nodes: this.#nodes, initializers: this.#initializers };
    return renameValues(graph, (name) => this.#aliases.get(name) ?? name);
  }

  #visit(node: GraphNode, fixed: ReadonlySet<GraphNode>): void {
    const inputs = node.inputs.map((name) => this.#aliases.get(name) ?? name);
    if (node.operator === 'Transpose' && !fixed.has(node)) {
      this.#transpose(node, inputs[0]);
      return;
    }
    if (this.#moved(node, inputs)) return;
    for (const name of usedBy(node)) this.#materialize(name);
    this.#nodes.push(node);
  }

  #transpose(node: GraphNode, input: string): void {
    const permutation = node.attributes.perm as readonly number[] | undefined;
    const [output] = node.outputs;
    if (!permutation) {
      this.#materialize(input);
      this.#nodes.push(node);
      return;
    }
    const before = this.#views.get(input);
    const source = before?.source ?? input;
    const whole = before ? permutation.map((axis) => before.permutation[axis]) : permutation;
    if (before) for (const origin of before.origins) this.#useful.add(origin);
    if (whole.every((axis, i) => axis === i)) {
      if (this.#kept.has(output)) this.#nodes.push({ ...identity(output), inputs: [source] });
      else this.#aliases.set(output, source);
      return;
    }
    const origins = new Set([...(before?.origins ?? []), node]);
    if (before) this.#useful.add(node);
    this.#origins.add(node);
    this.#views.set(output, { source, permutation: whole, origins });
  }

  /** An operator on single elements runs on the sources of views that are all transposed alike. */
  #moved(node: GraphNode, inputs: readonly string[]): boolean {
    if (!unary.has(node.operator) && !binary.has(node.operator)) return false;
    const views = inputs.map((name) => this.#views.get(name));
    const [first] = views.filter((view) => view !== undefined);
    if (!first) return false;
    const key = String(first.permutation);
    const isAlike = inputs.every((name, i) => {
      const view = views[i];
      return view
        ? String(view.permutation) === key
        : name === '' || this.#isConstant(name, first.permutation);
    });
    if (!isAlike) return false;
    const name = `${node.outputs[0]}/untransposed`;
    const taken = inputs.map((input, i) => views[i]?.source ?? this.#permuted(input, first.permutation));
    this.#nodes.push({ ...node, inputs: taken, outputs: [name] });
    const origins = new Set(views.flatMap((view) => [...(view?.origins ?? [])]));
    this.#views.set(node.outputs[0], { source: name, permutation: first.permutation, origins });
    return true;
  }

  #isConstant(name: string, permutation: readonly number[]): boolean {
    const rank = this.#initializers.get(name)?.shape.length;
    return rank !== undefined && rank <= permutation.length;
  }

  /** A constant as it meets the source: its axes in the source's order. */
  #permuted(name: string, permutation: readonly number[]): string {
    const constant = this.#initializers.get(name);
    if (!constant || constant.shape.every((extent) => extent === 1)) return name;
    const shape = [...Array(permutation.length - constant.shape.length).fill(1), ...constant.shape];
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    const permuted = `${name}/untransposed/${inverse.join('')}`;
    this.#initializers.set(permuted, transposed(constant, shape, inverse, permuted));
    return permuted;
  }

  /** Computes a view under its own name, once. */
  #materialize(name: string): void {
    const view = this.#views.get(name);
    if (!view || this.#materialized.has(name)) return;
    this.#materialized.add(name);
    this.#nodes.push({
      name: `${name}/transposed`,
      operator: 'Transpose',
      inputs: [view.source],
      outputs: [name],
      attributes: { perm: [...view.permutation] },
    });
  }
}

function identity(name: string): GraphNode {
  return { name, operator: 'Identity', inputs: [], outputs: [name], attributes: {} };
}

function transposed(
  constant: Initializer,
  shape: readonly number[],
  permutation: readonly number[],
  name: string,
): Initializer {
  const strides = rowMajorStrides(shape);
  const layout = {
    shape: permutation.map((axis) => shape[axis]),
    strides: permutation.map((axis) => strides[axis]),
    offset: 0,
  };
  return {
    ...constant,
    ...{ name, shape: layout.shape },
    data() {
      const source = constant.data() as Float32Array;
      return gather(source, source.slice(), layout);
    },
  };
}
