import { UserError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import type { Weights } from '../../src/core/weights.ts';
import type {
  Attribute,
  GraphBuilder,
  Layer,
  Layout,
  NodeOptions,
  NodeResult,
  NodeValues,
  ScanOptions,
  ScanStep,
  Value,
  ValueShape,
  ValueType,
} from '../../src/onnx/converter.ts';
import type { Graph, GraphNode, Initializer, TensorPort } from '../../src/onnx/graph.ts';
import { type ApplyInner, describeCall, type LayerCall } from './layer-call.ts';
import { keepsMemoryOrder, permutation, reshapeTarget, storedShape } from './layout.ts';

/** Nodes that are collected together: those of the graph, or of a graph inside one of its nodes. */
export interface NodeList {
  readonly nodes: GraphNode[];
  /** Layouts made inside it are not for outside. */
  readonly relayouts: Map<string, Value>;
}

/** Collects the nodes, initialisers and ports of one graph; names are unique and follow the layers' names. */
export class ModelBuilder {
  /** Of the graph, or of the body being written. */
  #nodes: GraphNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: TensorPort[] = [];
  readonly #outputs: TensorPort[] = [];
  readonly #names = new Set<string>();
  readonly #layerWeights = new Map<Layer, Map<string, Value>>();
  readonly #constants = new Map<string, Value>();
  #relayouts = new Map<string, Value>();

  finish(name: string): Graph {
    const [nodes, initializers] = [this.#nodes, this.#initializers];
    return { name, nodes, initializers, inputs: this.#inputs, outputs: this.#outputs };
  }

  /** Declares an input of the graph, in tfjs's order. */
  input(name: string, dtype: ValueType, shape: ValueShape): Value {
    this.#names.add(name);
    this.#inputs.push({ name, dtype, shape: portShape(name, shape) });
    return { name, dtype, shape, layout: 'tfjs' };
  }

  /** Declares an output of the graph: the value, in tfjs's order, under a name of its own. */
  output(name: string, value: Value): void {
    const ordered = this.relayout(value, 'tfjs', name);
    const port = this.#unique(name);
    this.#nodes.push({
      name: this.#unique(`${name}/Identity`),
      operator: 'Identity',
      inputs: [ordered.name],
      outputs: [port],
      attributes: {},
    });
    this.#outputs.push({ name: port, dtype: value.dtype, shape: portShape(port, value.shape) });
  }

  node(path: string, operator: string, inputs: readonly (Value | null)[], options: NodeOptions = {}): Value {
    const first = inputs[0]!;
    const { attributes = {}, shape = first.shape, layout = first.layout, dtype = first.dtype } = options;
    for (const [key, value] of Object.entries(attributes)) checkAttribute(`${path}/${operator}`, key, value);
    const name = this.#unique(`${path}/${operator}`);
    this.#nodes.push({
      name,
      operator,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: [name],
      attributes,
    });
    return { name, dtype, shape, layout };
  }

  nodes<Results extends Readonly<Record<string, NodeResult | null>>>(
    path: string,
    operator: string,
    inputs: readonly (Value | null)[],
    results: Results,
    attributes: NodeOptions['attributes'] = {},
  ): NodeValues<Results> {
    const name = this.#unique(`${path}/${operator}`);
    const values = Object.entries(results).map(([result, described]) => {
      const { dtype = inputs[0]!.dtype, shape = [] } = described ?? {};
      const value: Value = { name: this.#unique(`${name}.${result}`), dtype, shape, layout: 'tfjs' };
      return [result, described ? value : undefined] as const;
    });
    const last = values.findLastIndex(([, value]) => value);
    this.#nodes.push({
      ...{ name, operator, attributes },
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.slice(0, last + 1).map(([, value]) => value?.name ?? ''),
    });
    return Object.fromEntries(values) as NodeValues<Results>;
  }

  scan(
    path: string,
    states: readonly Value[],
    sequences: readonly Value[],
    { axis, reverse = false }: ScanOptions,
    step: (states: readonly Value[], items: readonly Value[]) => ScanStep,
  ): { states: Value[]; results: Value } {
    const inputs = [...states, ...sequences];
    const length = sequences[0].shape[axis];
    const name = this.#unique(`${path}/Scan`);
    const { body, result } = this.#body(name, inputs, states.length, axis, step);
    const each = <T>(count: number, value: T): T[] => Array(count).fill(value);
    const stacked = result.shape.toSpliced(axis, 0, length);
    const results = [
      ...states.map((state, i) => ({ ...state, name: this.#unique(`${name}.state${i}`) })),
      { ...result, name: this.#unique(`${name}.results`), shape: stacked },
    ];
    this.#nodes.push({
      ...{ name, operator: 'Scan' },
      inputs: inputs.map((input) => input.name),
      outputs: results.map((output) => output.name),
      attributes: {
        body: { graph: body },
        num_scan_inputs: sequences.length,
        scan_input_axes: each(sequences.length, axis),
        scan_output_axes: [axis],
        ...(reverse && {
          scan_input_directions: each(sequences.length, 1),
          scan_output_directions: [1],
        }),
      },
    });
    return { states: results.slice(0, -1), results: results.at(-1)! };
  }

  /** The body of a scan: its nodes are collected apart, and layouts made inside it are not for outside. */
  #body(
    name: string,
    inputs: readonly Value[],
    stateCount: number,
    axis: number,
    step: (states: readonly Value[], items: readonly Value[]) => ScanStep,
  ): { body: Graph; result: Value } {
    const outside = { nodes: this.#nodes, relayouts: this.#relayouts };
    [this.#nodes, this.#relayouts] = [[], new Map(outside.relayouts)];
    const port = ({ name, dtype, shape }: Value): TensorPort => ({
      ...{ name, dtype, shape: portShape(name, shape) },
    });
    const items = inputs.map((input, i) => {
      const [kind, shape] =
        i < stateCount ? ['state', input.shape] : ['item', input.shape.toSpliced(axis, 1)];
      return { ...input, name: this.#unique(`${name}.body.${kind}${i}`), shape };
    });
    const { states, result } = step(items.slice(0, stateCount), items.slice(stateCount));
    // A body's outputs want names of their own, and a state may be a result too.
    const outputs = [...states, result].map((value) =>
      this.node(`${name}.body`, 'Identity', [this.relayout(value, 'tfjs', name)]),
    );
    const body: Graph = {
      ...{ name: `${name}.body`, nodes: this.#nodes, initializers: new Map() },
      ...{ inputs: items.map(port), outputs: outputs.map(port) },
    };
    [this.#nodes, this.#relayouts] = [outside.nodes, outside.relayouts];
    return { body, result: outputs.at(-1)! };
  }

  /** Where nodes go at present. */
  get list(): NodeList {
    return { nodes: this.#nodes, relayouts: this.#relayouts };
  }

  /** A list for the nodes of a graph inside a node of the present one. */
  innerList(): NodeList {
    return { nodes: [], relayouts: new Map(this.#relayouts) };
  }

  /** What `write` gives, its nodes in the list. */
  into<T>({ nodes, relayouts }: NodeList, write: () => T): T {
    const outside = this.list;
    [this.#nodes, this.#relayouts] = [nodes, relayouts];
    try {
      return write();
    } finally {
      [this.#nodes, this.#relayouts] = [outside.nodes, outside.relayouts];
    }
  }

  /** A name that nothing has yet. */
  freeName(base: string): string {
    return this.#unique(base);
  }

  /** Adds a node as it is. Its results' names must be free ones. */
  push(node: GraphNode): void {
    this.#nodes.push(node);
  }

  weight(layer: Layer, path: string, name: string, weights: Weights): Value {
    let known = this.#layerWeights.get(layer);
    if (!known) this.#layerWeights.set(layer, (known = new Map()));
    let value = known.get(name);
    if (!value) {
      value = this.initializer(`${path}.${name}`, { dtype: 'float32', learnt: true, ...weights });
      known.set(name, value);
    }
    return value;
  }

  constant(
    values: readonly number[] | Float32Array,
    shape: readonly number[] = [values.length],
    name = `constant/${values.length <= 8 ? [...values].join('_') : values.length}`,
  ): Value {
    if (sizeOf(shape) !== values.length) {
      throw new Error(`a constant of shape [${shape}] needs ${sizeOf(shape)} values, has ${values.length}`);
    }
    const dtype = values instanceof Float32Array ? 'float32' : 'int64';
    const key = `${dtype}[${shape}]${values.join(',')}`;
    let value = this.#constants.get(key);
    if (!value) {
      const data =
        values instanceof Float32Array ? values : BigInt64Array.from(values as readonly number[], BigInt);
      value = this.initializer(name, { dtype, shape, learnt: false, data: () => data });
      this.#constants.set(key, value);
    }
    return value;
  }

  /** The value in another layout. One transpose serves all who ask for it; where memory keeps its order, a reshape. */
  relayout(value: Value, layout: Layout, path: string): Value {
    if (value.layout === layout || value.shape.length < 3) return value;
    const key = `${value.name} ${layout}`;
    let result = this.#relayouts.get(key);
    if (!result) {
      const stored = storedShape(value.shape, layout);
      const canReshape =
        keepsMemoryOrder(value.shape) && stored.slice(1).filter((extent) => extent === null).length <= 1;
      result = canReshape
        ? this.node(path, 'Reshape', [value, this.constant(reshapeTarget(stored))], { layout })
        : this.node(path, 'Transpose', [value], {
            attributes: { perm: permutation(value.shape.length, layout) },
            layout,
          });
      this.#relayouts.set(key, result);
      this.#relayouts.set(`${result.name} ${value.layout}`, value);
    }
    return result;
  }

  /** The value with its elements in tfjs's order in memory, whatever its axes: what a reshape needs. */
  rowMajor(value: Value, path: string): Value {
    return keepsMemoryOrder(value.shape) ? { ...value, layout: 'tfjs' } : this.relayout(value, 'tfjs', path);
  }

  /** The view of the graph that a converter gets. */
  scope(call: LayerCall, applyInner: ApplyInner): GraphBuilder {
    const { path, layer, outputShapes } = call;
    return {
      outputShapes,
      get mask() {
        if (call.mask && 'wrong' in call.mask) throw this.unsupported(call.mask.wrong);
        return call.mask;
      },
      node: (operator, inputs, options) => this.node(path, operator, inputs, options),
      nodes: (operator, inputs, results, attributes) =>
        this.nodes(path, operator, inputs, results, attributes),
      scan: (states, sequences, options, step) => this.scan(path, states, sequences, options, step),
      inner: (within, shapes) =>
        this.scope(
          { ...call, layer: within, path: `${path}/${within.name}`, outputShapes: shapes },
          applyInner,
        ),
      apply: (within, inputs, shapes) => applyInner(within, inputs, shapes, call),
      weight: (name, weights) => this.weight(layer, path, name, weights),
      constant: (values, shape) => this.constant(values, shape),
      channelsFirst: (value) => this.relayout(value, 'channels-first', path),
      tfjsOrder: (value) => this.relayout(value, 'tfjs', path),
      rowMajor: (value) => this.rowMajor(value, path),
      unsupported: (what) =>
        new UserError(`the layer ${describeCall(call)} cannot be exported to ONNX`, {
          received: what,
          remedy: 'change the layer, or override its converter with defineConverter',
        }),
    };
  }

  /** A tensor that is known before the graph runs, in tfjs's order. */
  initializer(name: string, content: Omit<Initializer, 'name'> & { dtype: ValueType }): Value {
    const unique = this.#unique(name);
    this.#initializers.set(unique, { ...content, name: unique });
    return { name: unique, dtype: content.dtype, shape: content.shape, layout: 'tfjs' };
  }

  #unique(base: string): string {
    let name = base;
    for (let copy = 1; this.#names.has(name); copy++) name = `${base}_${copy}`;
    this.#names.add(name);
    return name;
  }
}

function checkAttribute(node: string, key: string, value: Attribute): void {
  const integers = typeof value === 'number' ? [value] : Array.isArray(value) ? value : [];
  if (!integers.every(Number.isSafeInteger)) {
    throw new Error(
      `attribute ${key} of ${node} must be integers, or marked with float(): received ${value}`,
    );
  }
}

/** Names for extents that are known only at run time: `N` for the batch, `<port>_<axis>` for others. */
function portShape(name: string, shape: ValueShape): (number | string)[] {
  return shape.map((extent, axis) => extent ?? (axis === 0 ? 'N' : `${name}_${axis}`));
}
