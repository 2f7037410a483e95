/** TensorFlow graphs written by hand, in the form in which tensorflowjs_converter leaves them. */
import { sizeOf, type Tensor } from '../../../src/core/tensor.ts';
import type { ModelJsonFile } from '../../../src/node/model-json-file.ts';
import { randomTensor } from '../onnx/parity.ts';

/** An attribute: an integer, a string, a flag, a list of integers or strings, or as JSON has it. */
type Attribute = number | string | boolean | readonly number[] | readonly string[] | Record<string, unknown>;

export type AttributeList = Record<string, Attribute>;

const types = {
  float32: 'DT_FLOAT',
  int32: 'DT_INT32',
  bool: 'DT_BOOL',
  uint8: 'DT_UINT8',
  list: 'DT_VARIANT',
};

/** A float attribute. */
export function f(value: number): Attribute {
  return { f: value };
}

/** An attribute that is an element type. */
export function type(dtype: keyof typeof types): Attribute {
  return { type: types[dtype] };
}

function encoded(value: Attribute): unknown {
  if (typeof value === 'number') return { i: String(value) };
  if (typeof value === 'string') return { s: btoa(value) };
  if (typeof value === 'boolean') return { b: value };
  if (!Array.isArray(value)) return value;
  if (typeof value[0] === 'string') return { list: { s: value.map((text) => btoa(text)) } };
  return { list: value.length > 0 ? { i: value.map(String) } : {} };
}

/** Methods return names of nodes, which are what later nodes take. */
export class GraphDef {
  readonly inputs: { name: string; tensor: Tensor }[] = [];
  readonly #nodes: Record<string, unknown>[] = [];
  readonly #weights: Record<string, unknown>[];
  readonly #bytes: Uint8Array[];
  readonly #functions: Record<string, unknown>[] = [];
  /** Loops so far. */
  frames = 0;

  /** @param around of a function: the graph that calls it */
  constructor(around?: GraphDef) {
    this.#weights = around ? around.#weights : [];
    this.#bytes = around ? around.#bytes : [];
  }

  /**
   * A function that loops and branches can call.
   *
   * @param build gives its results from its arguments
   * @returns what an attribute says of it
   */
  function(
    name: string,
    args: Record<string, keyof typeof types>,
    build: (graph: GraphDef, ...args: string[]) => readonly string[],
  ): Attribute {
    const inner = new GraphDef(this);
    const results = build(inner, ...Object.keys(args));
    const inputArg = Object.entries(args).map(([arg, dtype]) => ({ name: arg, type: types[dtype] }));
    const outputArg = results.map((_, i) => ({ name: `result${i}`, type: 'DT_FLOAT' }));
    this.#functions.push({
      signature: { name, inputArg, outputArg },
      nodeDef: inner.#nodes,
      ret: Object.fromEntries(results.map((result, i) => [`result${i}`, result])),
    });
    return { func: { name } };
  }

  /** @param open axes whose extent the graph does not know, or that it does not know even how many there are */
  placeholder(tensor: Tensor, open: readonly number[] | 'any rank' = [0]): string {
    const name = `input${this.inputs.length}`;
    const sizeAt = (extent: number, axis: number) =>
      open !== 'any rank' && open.includes(axis) ? '-1' : String(extent);
    const dim = tensor.shape.map((extent, axis) => ({ size: sizeAt(extent, axis) }));
    this.inputs.push({ name, tensor });
    return this.#node(name, 'Placeholder', [], {
      dtype: { type: types[tensor.dtype] },
      shape: { shape: open === 'any rank' ? { unknownRank: true } : { dim } },
    });
  }

  /** Of bytes: what is true or false. */
  constant(
    values: Float32Array | Int32Array | Uint8Array,
    shape: readonly number[] = [values.length],
  ): string {
    const name = `weights${this.#weights.length}`;
    const dtype =
      values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
    this.#weights.push({ name, shape, dtype });
    this.#bytes.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return this.#node(name, 'Const', [], { dtype: { type: types[dtype] } });
  }

  /** Integers: a vector, or a scalar. */
  ints(values: number | readonly number[]): string {
    return typeof values === 'number'
      ? this.constant(Int32Array.of(values), [])
      : this.constant(Int32Array.from(values));
  }

  /** A scalar. */
  float(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  /** Uniform in [−1, 1). */
  random(shape: readonly number[]): string {
    const { data } = randomTensor(shape, `weights ${this.#weights.length}`);
    return this.constant(
      Float32Array.from(data as Float32Array, (value) => value / 2),
      shape,
    );
  }

  op(operator: string, inputs: readonly string[], attributes: AttributeList = {}): string {
    // tfjs asks convolutions for them.
    const { strides } = attributes;
    const dilations = operator.includes('Conv') && { dilations: Array((strides as number[]).length).fill(1) };
    const format = operator.includes('Conv') && { data_format: operator === 'Conv3D' ? 'NDHWC' : 'NHWC' };
    const given = { ...dilations, ...format, ...attributes };
    const entries = Object.entries(given).map(([key, value]) => [key, encoded(value)]);
    return this.#node(`${operator}${this.#nodes.length}`, operator, inputs, Object.fromEntries(entries));
  }

  /** A convolution by kernels of one position: what makes the exporter store [N, …, C] channels-first. */
  mixed(x: string, rank: number, channels: number): string {
    const ones = Array<number>(rank).fill(1);
    const filter = this.random([...ones.slice(2), channels, channels]);
    return this.op(rank === 5 ? 'Conv3D' : 'Conv2D', [x, filter], { strides: ones, padding: 'VALID' });
  }

  file(outputs: readonly string[]): ModelJsonFile {
    const entries = outputs.map((output, i) => [
      `output${i}`,
      { name: output.includes(':') ? output : `${output}:0` },
    ]);
    const ports = this.inputs.map(({ name, tensor }, i) => [
      `input${i}`,
      { name: `${name}:0`, dtype: types[tensor.dtype], tensorShape: this.#shapeOf(name) },
    ]);
    const signature = { inputs: Object.fromEntries(ports), outputs: Object.fromEntries(entries) };
    const shard = new Uint8Array(this.#bytes.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const bytes of this.#bytes) {
      shard.set(bytes, at);
      at += bytes.length;
    }
    return {
      ...{ path: 'model.json', format: 'graph-model', shards: [shard] },
      json: {
        ...{
          format: 'graph-model',
          signature,
          modelTopology: {
            ...{ node: this.#nodes, versions: { producer: 1 } },
            ...(this.#functions.length > 0 && { library: { function: this.#functions } }),
          },
        },
        weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: this.#weights }],
      },
    };
  }

  /** A node of a given name, of which later ones may be inputs: the way back of a loop. */
  named(name: string, op: string, input: readonly string[], attributes: AttributeList = {}): string {
    const entries = Object.entries(attributes).map(([key, value]) => [key, encoded(value)]);
    return this.#node(name, op, input, Object.fromEntries(entries));
  }

  #node(name: string, op: string, input: readonly string[], attr: Record<string, unknown>): string {
    this.#nodes.push({ name, op, input, attr });
    return name;
  }

  #shapeOf(name: string): unknown {
    const node = this.#nodes.find((one) => one.name === name) as { attr: { shape: { shape: unknown } } };
    return node.attr.shape.shape;
  }
}

/** The elements of a shape counted up from −1 in equal steps to 1. */
export function ramp(shape: readonly number[]): Float32Array {
  const size = sizeOf(shape);
  return Float32Array.from({ length: size }, (_, i) => (2 * i) / Math.max(1, size - 1) - 1);
}
