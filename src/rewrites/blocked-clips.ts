/**
 * Clips in the layout that onnxruntime's CPU convolutions work in: blocks of 8 or 16 channels innermost, NCHWc, by
 * its internal operators. onnxruntime takes 2-D convolutions there itself, but no 3-D ones, and goes back and forth
 * around everything that it does not know. Written directly, one transpose of whole rows leads from a convolution
 * over space to one over time, and residual sums and rectifiers are part of the convolutions.
 */
import { sizeOf } from '../core/tensor.ts';
import { type Extents, knownExtents } from '../onnx/extents.ts';
import { foldConstants } from '../onnx/fold-constants.ts';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
  useCounts,
} from '../onnx/graph.ts';
import type { Model } from '../onnx/model.ts';
import { NodeWriter } from '../onnx/node-writer.ts';
import { BlockForms, type ConvolutionKind, domain } from './block-forms.ts';
import { blockKernel } from './block-kernel.ts';
import { type Gains, tileCount, winogradShape, writeWinograd } from './winograd.ts';

/**
 * The model with its factorised convolutions of clips (over space alone, or over time alone) in blocks.
 *
 * @param block channels a block on this machine: 8 or 16
 * @param gains which convolutions over space are written by Winograd's filtering instead
 * @returns null where the model has no such convolution
 */
export function blockClips(model: Model, block: number, gains = gainsInBlocks): Model | null {
  const writer = new BlockWriter(foldConstants(model.graph), block, gains);
  const graph = writer.write();
  return graph && { ...model, graph, opsets: new Map([...model.opsets, [domain, 1]]) };
}

/** Measured on AVX2, see `bench/export/winograd.ts`: up to 1.6 times as fast from here on, and slower below. */
const gainsInBlocks: Gains = ({ channels, filters, frames, height, width }) =>
  Math.min(channels, filters) >= 128 && frames * tileCount(height, width) >= 48;

/** A convolution to be written in blocks, with all that it takes in. */
interface Convolution {
  readonly node: GraphNode;
  readonly kernel: Initializer;
  readonly bias: Initializer | undefined;
  readonly kind: ConvolutionKind;
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

class BlockWriter {
  readonly #graph: Graph;
  readonly #block: number;
  readonly #gains: Gains;
  readonly #extents: ReadonlyMap<string, Extents>;
  readonly #uses: ReadonlyMap<string, number>;
  readonly #order: ReadonlyMap<string, number>;
  readonly #writer: NodeWriter;
  readonly #forms: BlockForms;

  constructor(graph: Graph, block: number, gains: Gains) {
    this.#graph = graph;
    this.#block = block;
    this.#gains = gains;
    this.#extents = knownExtents(graph);
    this.#uses = useCounts(graph);
    this.#order = new Map(graph.nodes.flatMap(({ outputs }, i) => outputs.map((name) => [name, i] as const)));
    this.#writer = new NodeWriter(graph.initializers);
    this.#forms = new BlockForms(this.#writer, block);
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
        for (const name of node.inputs) this.#forms.plain(name);
        this.#writer.nodes.push(node);
      }
    }
    for (const { name } of this.#graph.outputs) this.#forms.plain(name);
    const { nodes, initializers } = this.#writer;
    return dropUnusedInitializers({ ...this.#graph, nodes, initializers });
  }

  #onlyUser(name: string): GraphNode | undefined {
    if (this.#uses.get(name) !== 1) return undefined;
    return this.#graph.nodes.find(({ inputs }) => inputs.includes(name));
  }

  #plan(node: GraphNode): Convolution | null {
    const { operator, inputs, outputs, attributes } = node;
    const [kernel, bias] = [inputs[1], inputs[2] ?? ''].map((name) => this.#graph.initializers.get(name));
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
    const [from, to] = [x.slice(2), y.slice(2)] as number[][];
    const kind = isSpace ? (this.#isByWinograd(kernel, from, attributes) ? 'winograd' : 'space') : 'time';
    return { ...this.#ending(node), node, kernel, bias, kind, every: isSpace ? strides[0] : 1, from, to };
  }

  /** Filled up blocks would be in the way: their weights are the graph's own. */
  #isByWinograd(
    { shape }: Initializer,
    clip: readonly number[],
    attributes: GraphNode['attributes'],
  ): boolean {
    const isWhole = shape.slice(0, 2).every((count) => count % this.#block === 0);
    const spanned = winogradShape(shape, clip, attributes);
    return isWhole && spanned !== null && this.#gains(spanned);
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

  #convolve(convolution: Convolution): void {
    const { kernel, kind, to, output } = convolution;
    if (kind === 'winograd') this.#byWinograd(convolution);
    else this.#inBlocks(convolution, kind);
    this.#forms.add(output, kind, { channels: kernel.shape[0], clip: to });
  }

  #byWinograd({ node, kernel, bias, kind, from, to, sum, isRectified, output }: Convolution): void {
    const [filters, channels] = kernel.shape;
    const [frames, height, width] = from;
    const result = writeWinograd(this.#writer, {
      ...{
        name: node.name,
        input: this.#forms.of(node.inputs[0], kind, { channels, clip: from }),
        kernel: kernel.name,
      },
      ...{ channels, filters, frames, height, width },
    });
    const steps: [string, string[]][] = [
      ['Add', [this.#bias(node.name, bias, filters)]],
      ...(sum === null
        ? []
        : [['Add', [this.#forms.of(sum, kind, { channels: filters, clip: to })]] as [string, string[]]]),
      ...(isRectified ? [['Relu', []] as [string, string[]]] : []),
    ];
    steps.reduce((value, [operator, others], i) => {
      const name = i === steps.length - 1 ? `${output}/${kind}` : `${node.name}/${kind}/${i}`;
      return this.#writer.add(operator, name, [value, ...others]);
    }, result);
  }

  #inBlocks(convolution: Convolution, kind: 'space' | 'time'): void {
    const { node, kernel, bias, every, from, to, sum, isRectified, output } = convolution;
    const { name, attributes } = node;
    const axes = kind === 'space' ? [1, 2] : [0, 1];
    const [filters, channels] = kernel.shape;
    const isImage = channels < this.#block;
    let input = isImage
      ? this.#forms.images(node.inputs[0], { channels, clip: from })
      : this.#forms.of(node.inputs[0], kind, { channels, clip: from });
    if (every > 1) {
      const stored = isImage ? channels : this.#forms.padded(channels);
      input = this.#forms.everyNth(`${name}/every`, input, every, from, stored);
    }
    const pick = (values: readonly number[], sides: readonly number[]) =>
      sides.flatMap((side) => axes.map((axis) => values[axis + side]));
    const window = kernel.shape.slice(2);
    this.#writer.nodes.push({
      name,
      operator: 'Conv',
      domain,
      inputs: [
        input,
        this.#kernel(kernel, pick(window, [0]), isImage),
        this.#bias(name, bias, filters),
        ...(sum === null ? [] : [this.#forms.of(sum, kind, { channels: filters, clip: to })]),
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
  }

  #bias(node: string, bias: Initializer | undefined, filters: number): string {
    const name = `${node}/blocked/bias`;
    const data = new Float32Array(this.#forms.padded(filters));
    if (bias) data.set(bias.data() as Float32Array);
    return this.#writer.floats(name, [data.length], () => data, { learnt: true });
  }

  #kernel(kernel: Initializer, window: readonly number[], isImage: boolean): string {
    const name = `${kernel.name}/blocked`;
    const [filters, channels] = kernel.shape;
    const shape = [this.#forms.padded(filters), isImage ? channels : this.#forms.padded(channels), ...window];
    const positions = sizeOf(window);
    const data = () =>
      blockKernel(kernel.data() as Float32Array, [filters, channels, positions], this.#block, isImage);
    return this.#writer.floats(name, shape, data, { learnt: true });
  }
}

function list(
  attribute: GraphNode['attributes'][string] | undefined,
  length: number,
  fallback: number,
): number[] {
  return attribute === undefined ? Array(length).fill(fallback) : [...(attribute as readonly number[])];
}
