import type { NodeWriter } from '../onnx/node-writer.ts';

/** Of onnxruntime's internal operators on blocks. */
export const domain = 'com.microsoft.nchwc';

/**
 * Of a convolution: over space, [N·T, C, H, W], over time, [N, C, T, H·W], or over space by Winograd's filtering, not in
 * blocks: [H·W, N·T, C].
 */
export type ConvolutionKind = 'space' | 'time' | 'winograd';

/** The axes of a value in memory: N, T, B(locks), P(lane: H · W) and C(hannels of a block). */
const orders: Record<ConvolutionKind, string> = { space: 'NTBPC', time: 'NBTPC', winograd: 'PNTBC' };
const kinds = Object.keys(orders) as ConvolutionKind[];

/** What a value of a clip measures. */
interface Extent {
  readonly channels: number;
  /** [T, H, W] */
  readonly clip: readonly number[];
}

/** A value: what it is called in each form that it has been needed in. */
interface Blocked extends Extent {
  readonly forms: Partial<Record<ConvolutionKind | 'plain' | 'images', string>>;
}

/** The values of a graph in blocks, brought into the form that someone needs them in, once for all. */
export class BlockForms {
  readonly #writer: NodeWriter;
  readonly #block: number;
  readonly #values = new Map<string, Blocked>();

  constructor(writer: NodeWriter, block: number) {
    this.#writer = writer;
    this.#block = block;
  }

  /** A value that there is in one form, which is called after both. */
  add(name: string, kind: ConvolutionKind, extent: Extent): void {
    this.#values.set(name, { ...extent, forms: { [kind]: `${name}/${kind}` } });
  }

  /** As many channels as whole blocks hold. */
  padded(channels: number): number {
    return Math.ceil(channels / this.#block) * this.#block;
  }

  /** A value in blocks, for convolutions of a kind. */
  of(name: string, kind: ConvolutionKind, { channels, clip }: Extent): string {
    const { forms } = this.#known(name, { channels, clip });
    if (forms[kind]) return forms[kind];
    const [time, height, width] = clip;
    const [padded, plane] = [this.padded(channels), height * width];
    const given = kinds.find((other) => forms[other]);
    if (!given) {
      const flat = this.#writer.reshape(`${name}/flat`, forms.plain!, [-1, channels, time, plane]);
      forms.time = this.#writer.add('ReorderInput', `${name}/time`, [flat], {}, domain);
      return this.of(name, kind, { channels, clip });
    }
    const extents = { N: -1, T: time, B: padded / this.#block, P: plane, C: this.#block };
    const [from, to] = [orders[given], orders[kind]].map((axes) => [...axes] as (keyof typeof extents)[]);
    const axes = this.#writer.reshape(
      `${name}/${given}/for/${kind}`,
      forms[given]!,
      from.map((axis) => extents[axis]),
    );
    const perm = to.map((axis) => from.indexOf(axis));
    const turned = this.#writer.add('Transpose', `${name}/${kind}/turned`, [axes], { perm });
    const shapes = {
      space: [-1, padded, height, width],
      time: [-1, padded, time, plane],
      winograd: [plane, -1, padded],
    };
    forms[kind] = this.#writer.reshape(`${name}/${kind}`, turned, shapes[kind]);
    return forms[kind];
  }

  /** A value under its own name, as the graph had it: [N, C, T, H, W]. */
  plain(name: string): void {
    const value = this.#values.get(name);
    if (!value || value.forms.plain) return;
    const time = this.of(name, 'time', value);
    const flat = this.#writer.add(
      'ReorderOutput',
      `${name}/channels`,
      [time],
      { channels: value.channels },
      domain,
    );
    const shape = this.#writer.integers([-1, value.channels, ...value.clip]);
    // The value's own name may be that of the convolution, which nodes must not share.
    const node = { name: `${name}/plain`, operator: 'Reshape', inputs: [flat, shape], outputs: [name] };
    this.#writer.nodes.push({ ...node, attributes: {} });
    value.forms.plain = name;
  }

  /** A clip of few channels as images, not in blocks. */
  images(name: string, extent: Extent): string {
    this.plain(name);
    const { forms } = this.#known(name, extent);
    if (!forms.images) {
      const swapped = this.#writer.add('Transpose', `${name}/frames`, [name], { perm: [0, 2, 1, 3, 4] });
      const [, height, width] = extent.clip;
      forms.images = this.#writer.reshape(`${name}/images`, swapped, [-1, extent.channels, height, width]);
    }
    return forms.images;
  }

  /** What is known of a value; one that is new here is there under its own name. */
  #known(name: string, { channels, clip }: Extent): Blocked {
    const value = this.#values.get(name) ?? { channels, clip, forms: { plain: name } };
    this.#values.set(name, value);
    return value;
  }

  /** Of a value over space, each nth frame. */
  everyNth(name: string, input: string, every: number, clip: readonly number[], channels: number): string {
    const [time, height, width] = clip;
    const frames = this.#writer.reshape(`${name}/frames`, input, [-1, time, channels * height * width]);
    const bounds = [[0], [time], [1], [every]].map((values) => this.#writer.integers(values));
    const taken = this.#writer.add('Slice', `${name}/taken`, [frames, ...bounds]);
    return this.#writer.reshape(name, taken, [-1, channels, height, width]);
  }
}
