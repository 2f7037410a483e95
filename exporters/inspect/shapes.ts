/** Static shapes of a graph's values, and the multiply-adds of its nodes, found by going through the nodes once. */
import { UserError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import {
  type Graph,
  type GraphNode,
  type GraphPort,
  type Initializer,
  usedBy,
} from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { multiplyAdds } from './multiply-adds.ts';
import { isExtent, NodeCall, type Shape, unknownShape, type ValueFacts } from './node-call.ts';
import { shapeRules } from './shape-rules.ts';

export interface GraphFacts {
  readonly values: ReadonlyMap<string, ValueFacts>;
  /** For every node of the outer graph, those of graphs inside it included; null where they are not known. */
  readonly multiplyAdds: ReadonlyMap<GraphNode, number | null>;
  /** Operators whose results have shapes that were neither found nor stated in the file. */
  readonly unknown: readonly string[];
}

const unknownFacts: ValueFacts = { shape: null };

/** Constants up to this size may be shapes, axes or scales. */
const fewElements = 64;

/**
 * @param extents values for extents that are known only at run time, by their names. The first axis of an input is
 *   taken as 1 where it has no value here
 * @throws UserError for an extent that no input has
 */
export function inferShapes(
  { graph, opsets }: Model,
  extents: ReadonlyMap<string, number> = new Map(),
): GraphFacts {
  const named = new Map(extents);
  for (const { name, shape } of graph.inputs) {
    if (graph.initializers.has(name)) continue;
    const [batch] = shape ?? [];
    if (typeof batch === 'string' && batch !== '' && !named.has(batch)) named.set(batch, 1);
  }
  requireNamed(graph, extents);
  const facts = new Facts(named, opsets.get('') ?? 1);
  facts.enter(
    graph,
    graph.inputs.map((port) => ({ shape: facts.stated(port, true) })),
  );
  return facts;
}

function requireNamed(graph: Graph, extents: ReadonlyMap<string, number>): void {
  const known = new Set(
    graph.inputs
      .flatMap(({ shape }) => shape ?? [])
      .filter((extent) => typeof extent === 'string' && extent !== ''),
  );
  for (const name of extents.keys()) {
    if (known.has(name)) continue;
    throw new UserError(`the model has no extent called ${name}`, {
      remedy: known.size > 0 ? `its inputs have ${[...known].join(', ')}` : 'its inputs have none by name',
    });
  }
}

class Facts implements GraphFacts {
  readonly values = new Map<string, ValueFacts>();
  readonly multiplyAdds = new Map<GraphNode, number | null>();
  readonly #unknown = new Set<string>();
  /** Values that depend on no input: runtimes compute them once, when they load the graph. */
  readonly #fixed = new Set<string>();
  readonly #extents: ReadonlyMap<string, number>;
  readonly #opset: number;

  constructor(extents: ReadonlyMap<string, number>, opset: number) {
    this.#extents = extents;
    this.#opset = opset;
  }

  get unknown(): readonly string[] {
    return [...this.#unknown].sort();
  }

  /** A port's stated shape; of an input of the model, the first axis counts as 1 where it is open. */
  stated({ shape }: GraphPort, isInput = false): Shape | null {
    if (!shape) return null;
    return shape.map((extent, axis) =>
      typeof extent === 'number' ? extent : (this.#extents.get(extent) ?? (isInput && axis === 0 ? 1 : null)),
    );
  }

  /** Goes through a graph. @returns its outputs, and all of its nodes' multiply-adds */
  enter(graph: Graph, inputs: readonly ValueFacts[]): { outputs: ValueFacts[]; multiplyAdds: number | null } {
    graph.inputs.forEach((port, i) => {
      this.values.set(port.name, inputs[i] ?? { shape: this.stated(port) });
    });
    for (const initializer of graph.initializers.values()) {
      this.values.set(initializer.name, constantFacts(initializer));
      // One that is an input too is only a default.
      if (!graph.inputs.some(({ name }) => name === initializer.name)) this.#fixed.add(initializer.name);
    }
    const stated = new Map([...(graph.values ?? []), ...graph.outputs].map((port) => [port.name, port]));
    let sum: number | null = 0;
    for (const node of graph.nodes) {
      const count = this.#visit(node, stated);
      this.multiplyAdds.set(node, count);
      sum = sum === null || count === null ? null : sum + count;
    }
    const outputs = graph.outputs.map(({ name }) => this.values.get(name) ?? unknownFacts);
    return { outputs, multiplyAdds: sum };
  }

  #visit(node: GraphNode, stated: ReadonlyMap<string, GraphPort>): number | null {
    const inputs = node.inputs.map((name) =>
      name === '' ? undefined : (this.values.get(name) ?? unknownFacts),
    );
    const call = new NodeCall(node, inputs, this.#opset, (graph, given) => this.enter(graph, given));
    const found = attempt(() => shapeRules[call.operator]?.(call)) ?? [];
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      const port = stated.get(name);
      const facts = found[i] ?? unknownFacts;
      // What the file states fills what was not found.
      const shape = filled(facts.shape, port ? this.stated(port) : null);
      if (!shape) this.#unknown.add(node.operator);
      this.values.set(name, { ...facts, shape });
    });
    if (this.#isFixed(node)) {
      for (const name of node.outputs) this.#fixed.add(name);
      return 0;
    }
    const own = attempt(() => multiplyAdds(call, this.values.get(node.outputs[0])?.shape ?? null));
    return own === undefined || call.inside === null ? null : own + call.inside;
  }

  #isFixed(node: GraphNode): boolean {
    return !random.test(node.operator) && usedBy(node).every((name) => this.#fixed.has(name));
  }
}

/** Give something else in every run. */
const random = /^(Random|Bernoulli|Multinomial)/;

/** The result of a rule; undefined where it needs what is not known. */
function attempt<T>(rule: () => T): T | undefined {
  try {
    return rule();
  } catch (error) {
    if (error === unknownShape) return undefined;
    throw error;
  }
}

/** What was found, with gaps filled from what is stated; without extents that no axis can have. */
function filled(computed: Shape | null, stated: Shape | null): Shape | null {
  const found = computed?.map((extent) => (isExtent(extent) ? extent : null)) ?? null;
  if (!found || !stated || found.length !== stated.length) return found ?? stated;
  return found.map((extent, axis) => extent ?? stated[axis]);
}

function constantFacts(constant: Initializer): ValueFacts {
  const { shape, dtype } = constant;
  const isSmall =
    sizeOf(shape) <= fewElements &&
    (dtype === 'int64' || dtype === 'int32' || dtype === 'float32' || dtype === 'bool');
  return isSmall ? { shape, values: Array.from(constant.data(), Number) } : { shape };
}
