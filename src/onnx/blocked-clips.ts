/**
 * Clips in the layout that onnxruntime's CPU convolutions work in: blocks of 8 or 16 channels innermost, NCHWc, by
 * its internal operators. onnxruntime takes 2-D convolutions there itself, but no 3-D ones, and goes back and forth
 * around everything that it does not know. Written directly, one transpose of whole rows leads from a convolution
 * over space to one over time, and residual sums and rectifiers are part of the convolutions.
 */
import { sizeOf } from '../core/tensor.ts';
import { blockKernel } from './block-kernel.ts';
import { type Extents, knownExtents } from './extents.ts';
import { foldConstants } from './fold-constants.ts';
import { dropUnusedInitializers, type Graph, type GraphNode, type Initializer, useCounts } from './graph.ts';
import type { Model } from './model.ts';

const domain = 'com.microsoft.nchwc';

/**
 * The model with its factorised convolutions of clips (over space alone, or over time alone) in blocks.
 *
 * @param block channels a block on this machine: 8 or 16
 * @returns null where the model has no such convolution
 */
export function blockClips(model: Model, block: number): Model | null {
  const writer = new BlockWriter(foldConstants(model.graph), block);
  const graph = writer.write();
  return graph && { ...model, graph, opsets: new Map([...model.opsets, [domain, 1]]) };
}

/** A convolution over space, [N·T, C, H, W], or over time, [N, C, T, H·W]. */
type Kind = 'space' | 'time';

/** A convolution to be written in blocks, with all that it takes in. */
interface Convolution {
  readonly node: GraphNode;
  readonly kernel: Initializer;
  readonly bias: Initializer | undefined;
  readonly kind: Kind;
  /** Frames are taken one in so many before. */
  readonly every: number;
  /** [T, H, W] of the input and of the result. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly sum: string | null;
  readonly isRectified: boolean;
  /** The value that comes out, after the sum and the rectifier. */
  readonly output: string;
}

/** A value in blocks: what it is called in each form that it has been needed in. */
interface Blocked {
  readonly channels: number;
  readonly clip: readonly number[];
  readonly forms: Partial<Record<Kind | 'plain', string>>;
}

class BlockWriter {
  readonly #graph: Graph;
  readonly #block: number;
  readonly #extents: ReadonlyMap<string, Extents>;
  readonly #uses: ReadonlyMap<string, number>;
  readonly #order: ReadonlyMap<string, number>;
  readonly #initializers: Map<string, Initializer>;
  readonly #nodes: GraphNode[] = [];
  readonly #values = new Map<string, Blocked>();

  constructor(graph: Graph, block: number) {
    this.#graph = graph;
    this.#block = block;
    this.#extents = knownExtents(graph);
    this.#uses = useCounts(graph);
    this.#order = new Map(graph.nodes.flatMap(({ outputs }, i) => outputs.map((name) => [name, i] as const)));
    this.#initializers = new Map(graph.initializers);
  }

  write(): Graph | null {
    const absorbed = new Set<string>();
    const convolutions = new Map<GraphNode, Convolution>();
    for (const node of this.#graph.nodes) {
      const convolution = this.#plan(node);
      if (!convolution) continue;
      convolutions.set(node, convolution);
      for (let name = node.outputs[0]; name !== convolution.output; ) {
        name = this.#onlyUser(name)!.outputs[0];
        absorbed.add(name);
      }
    }
    if (convolutions.size === 0) return null;
    for (const node of this.#graph.nodes) {
      const convolution = convolutions.get(node);
      if (convolution) this.#convolve(convolution);
      else if (!absorbed.has(node.outputs[0])) {
        for (const name of node.inputs) this.#plain(name);
        this.#nodes.push(node);
      }
    }
    for (const { name } of this.#graph.outputs) this.#plain(name);
    return dropUnusedInitializers({ ...this.#graph, nodes: this.#nodes, initializers: this.#initializers });
  }

  #onlyUser(name: string): GraphNode | undefined {
    if (this.#uses.get(name) !== 1) return undefined;
    return this.#graph.nodes.find(({ inputs }) => inputs.includes(name));
  }

  #plan(node: GraphNode): Convolution | null {
    const { operator, inputs, outputs, attributes } = node;
    const [kernel, bias] = [inputs[1], inputs[2] ?? ''].map((name) => this.#initializers.get(name));
    const [x, y] = [this.#extents.get(inputs[0]), this.#extents.get(outputs[0])];
    const isConvolution = operator === 'Conv' && kernel?.shape.length === 5 && (attributes.group ?? 1) === 1;
    if (!isConvolution || !x || !y || (inputs[2] && !bias)) return null;
    if ([...x.slice(1), ...y.slice(1)].includes(null)) return null;
    const [channels, time, height, width] = kernel.shape.slice(1);
    const strides = list(attributes.strides, 3, 1);
    const pads = list(attributes.pads, 6, 0);
    const isUntouched = (axis: number) => pads[axis] === 0 && pads[axis + 3] === 0;
    const isSpace = time === 1 && isUntouched(0);
    const isTime =
      height === 1 && width === 1 && [1, 2].every((axis) => isUntouched(axis) && strides[axis] === 1);
    // Fewer channels than a block come as they are, which onnxruntime only does for images.
    if (!isSpace && !(isTime && channels >= this.#block)) return null;
    const kind = isSpace ? 'space' : 'time';
    const [from, to] = [x.slice(2), y.slice(2)] as number[][];
    return { ...this.#ending(node), node, kernel, bias, kind, every: isSpace ? strides[0] : 1, from, to };
  }

  /** The residual sum and the rectifier that nothing else needs the inside of. */
  #ending(node: GraphNode): Pick<Convolution, 'sum' | 'isRectified' | 'output'> {
    let [output] = node.outputs;
    let sum: string | null = null;
    const add = this.#onlyUser(output);
    if (add?.operator === 'Add') {
      const other = add.inputs.find((name) => name !== output);
      const isLast = other !== undefined && (this.#order.get(other) ?? -1) < this.#order.get(output)!;
      // Of two convolutions that are added, the later one does it; the other value must have the same shape.
      if (isLast && String(this.#extents.get(other)) === String(this.#extents.get(output))) {
        [sum, output] = [other, add.outputs[0]];
      }
    }
    const relu = this.#onlyUser(output);
    if (relu?.operator !== 'Relu') return { sum, isRectified: false, output };
    return { sum, isRectified: true, output: relu.outputs[0] };
  }

  #convolve({ node, kernel, bias, kind, every, from, to, sum, isRectified, output }: Convolution): void {
    const { name, attributes } = node;
    const axes = kind === 'space' ? [1, 2] : [0, 1];
    const [filters, channels] = kernel.shape;
    const isImage = channels < this.#block;
    let input = isImage
      ? this.#images(node.inputs[0], channels, from)
      : this.#form(node.inputs[0], kind, channels, from);
    if (every > 1) input = this.#everyNth(`${name}/every`, input, every, from, this.#padded(channels));
    const pick = (values: readonly number[], sides: readonly number[]) =>
      sides.flatMap((side) => axes.map((axis) => values[axis + side]));
    const window = kernel.shape.slice(2);
    this.#nodes.push({
      name,
      operator: 'Conv',
      domain,
      inputs: [
        input,
        this.#kernel(kernel, pick(window, [0]), isImage),
        this.#bias(name, bias, filters),
        ...(sum === null ? [] : [this.#form(sum, kind, filters, to)]),
      ],
      outputs: [`${output}/${kind}`],
      attributes: {
        kernel_shape: pick(window, [0]),
        strides: pick(list(attributes.strides, 3, 1), [0]),
        pads: pick(list(attributes.pads, 6, 0), [0, 3]),
        dilations: pick(list(attributes.dilations, 3, 1), [0]),
        ...(isRectified && { activation: 'Relu' }),
      },
    });
    this.#values.set(output, { channels: filters, clip: to, forms: { [kind]: `${output}/${kind}` } });
  }

  #padded(channels: number): number {
    return Math.ceil(channels / this.#block) * this.#block;
  }

  /** A value in blocks, for convolutions of a kind. */
  #form(name: string, kind: Kind, channels: number, clip: readonly number[]): string {
    const value = this.#values.get(name) ?? { channels, clip, forms: { plain: name } };
    this.#values.set(name, value);
    const { forms } = value;
    if (forms[kind]) return forms[kind];
    const other = kind === 'space' ? 'time' : 'space';
    const [time, height, width] = clip;
    const [blocked, plane] = [this.#padded(channels), height * width];
    if (!forms[other]) {
      const flat = this.#reshape(`${name}/flat`, forms.plain!, [-1, channels, time, plane]);
      forms.time = this.#add('ReorderInput', `${name}/time`, [flat], {}, domain);
      return this.#form(name, kind, channels, clip);
    }
    // Rows of a block's channels over a frame keep their order; only frames and blocks change places.
    const counts = [time, blocked / this.#block];
    const rows = this.#reshape(`${name}/${other}/rows`, forms[other], [
      -1,
      ...(kind === 'time' ? counts : counts.toReversed()),
      plane * this.#block,
    ]);
    const swapped = this.#add('Transpose', `${name}/${kind}/rows`, [rows], { perm: [0, 2, 1, 3] });
    const shape = kind === 'time' ? [-1, blocked, time, plane] : [-1, blocked, height, width];
    forms[kind] = this.#reshape(`${name}/${kind}`, swapped, shape);
    return forms[kind];
  }

  /** A value under its own name, as the graph had it: [N, C, T, H, W]. */
  #plain(name: string): void {
    const value = this.#values.get(name);
    if (!value || value.forms.plain) return;
    const time = this.#form(name, 'time', value.channels, value.clip);
    const flat = this.#add('ReorderOutput', `${name}/channels`, [time], { channels: value.channels }, domain);
    value.forms.plain = this.#reshape(name, flat, [-1, value.channels, ...value.clip]);
  }

  /** A clip of few channels as images, not in blocks. */
  #images(name: string, channels: number, [, height, width]: readonly number[]): string {
    this.#plain(name);
    const swapped = this.#add('Transpose', `${name}/frames`, [name], { perm: [0, 2, 1, 3, 4] });
    return this.#reshape(`${name}/images`, swapped, [-1, channels, height, width]);
  }

  /** Of a value over space, each nth frame. */
  #everyNth(name: string, input: string, every: number, clip: readonly number[], channels: number): string {
    const [time, height, width] = clip;
    const frames = this.#reshape(`${name}/frames`, input, [-1, time, channels * height * width]);
    const bounds = [[0], [time], [1], [every]].map((values) => this.#integers(values));
    const taken = this.#add('Slice', `${name}/taken`, [frames, ...bounds]);
    return this.#reshape(name, taken, [-1, channels, height, width]);
  }

  #reshape(name: string, input: string, shape: readonly number[]): string {
    return this.#add('Reshape', name, [input, this.#integers(shape)]);
  }

  #add(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: GraphNode['attributes'] = {},
    from?: string,
  ): string {
    this.#nodes.push({ name, operator, inputs, outputs: [name], attributes, ...(from && { domain: from }) });
    return name;
  }

  #integers(values: readonly number[]): string {
    const name = `blocked/integers/${values.join('_')}`;
    const data = BigInt64Array.from(values, BigInt);
    this.#initializers.set(name, {
      name,
      dtype: 'int64',
      shape: [values.length],
      learnt: false,
      data: () => data,
    });
    return name;
  }

  #bias(node: string, bias: Initializer | undefined, filters: number): string {
    const name = `${node}/blocked/bias`;
    const data = new Float32Array(this.#padded(filters));
    if (bias) data.set(bias.data() as Float32Array);
    this.#initializers.set(name, {
      name,
      dtype: 'float32',
      shape: [data.length],
      learnt: true,
      data: () => data,
    });
    return name;
  }

  #kernel(kernel: Initializer, window: readonly number[], isImage: boolean): string {
    const name = `${kernel.name}/blocked`;
    const [filters, channels] = kernel.shape;
    const shape = [this.#padded(filters), isImage ? channels : this.#padded(channels), ...window];
    const block = this.#block;
    this.#initializers.set(name, {
      ...{ name, dtype: 'float32', shape, learnt: true },
      data: () =>
        blockKernel(kernel.data() as Float32Array, [filters, channels, sizeOf(window)], block, isImage),
    });
    return name;
  }
}

function list(
  attribute: GraphNode['attributes'][string] | undefined,
  length: number,
  fallback: number,
): number[] {
  return attribute === undefined ? Array(length).fill(fallback) : [...(attribute as readonly number[])];
}
