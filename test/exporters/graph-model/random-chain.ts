import { Rng } from '../../../src/core/rng.ts';
import { randomTensor } from '../onnx/parity.ts';
import { GraphDef } from './graph-def.ts';

/** In the tests that always run. */
export const defaultRounds = 24;

/** A tensor on its way through a chain. */
interface Link {
  readonly name: string;
  readonly shape: readonly number[];
}

type Step = (x: Link, graph: GraphDef, rng: Rng) => Link;

const images = (shape: readonly number[]) => shape.length - 2;

/** What a window gives along one axis; undefined where it does not fit. */
function windowed(extent: number, size: number, stride: number, dilation: number, isSame: boolean): number {
  const reach = (size - 1) * dilation + 1;
  return isSame ? Math.ceil(extent / stride) : Math.floor((extent - reach) / stride) + 1;
}

/** A window of random size, step and padding that fits. */
function randomWindow({ shape }: Link, rng: Rng, isConvolution: boolean) {
  const isSame = rng.chance(0.5);
  const axes = shape.slice(1, -1).map((extent) => {
    const size = 1 + rng.integer(Math.min(3, extent));
    // tfjs shifts windows that are shorter than their steps, and takes no steps beside dilation.
    const stride = 1 + rng.integer(size);
    const fits = isConvolution && images(shape) === 2 && (size - 1) * 2 < extent;
    return { extent, size, stride, dilation: fits && rng.chance(0.3) ? 2 : 1 };
  });
  const isDilated = axes.some(({ dilation }) => dilation > 1);
  const strides = axes.map(({ stride }) => (isDilated ? 1 : stride));
  const padded = (values: number[]) => [1, ...values, 1];
  return {
    kernel: axes.map(({ size }) => size),
    attributes: {
      strides: padded(strides),
      padding: isSame ? 'SAME' : 'VALID',
      ...(isConvolution && { dilations: padded(axes.map(({ dilation }) => dilation)) }),
    },
    extents: axes.map(({ extent, size, dilation }, i) =>
      windowed(extent, size, strides[i], dilation, isSame),
    ),
  };
}

const conv: Step = (x, g, rng) => {
  const { kernel, attributes, extents } = randomWindow(x, rng, true);
  const filters = 1 + rng.integer(5);
  const filter = g.random([...kernel, x.shape.at(-1)!, filters]);
  const product = g.op(kernel.length === 3 ? 'Conv3D' : 'Conv2D', [x.name, filter], attributes);
  return { name: g.op('Tanh', [product]), shape: [x.shape[0], ...extents, filters] };
};

const depthwise: Step = (x, g, rng) => {
  if (images(x.shape) !== 2) return conv(x, g, rng);
  const { kernel, attributes, extents } = randomWindow(x, rng, true);
  // tfjs's depthwise convolution takes one step for both axes.
  const strides = Array(4).fill(Math.min(...attributes.strides.slice(1, 3)));
  if (strides[1] !== attributes.strides[1] || strides[1] !== attributes.strides[2]) return conv(x, g, rng);
  const channels = x.shape[3];
  const filter = g.random([...kernel, channels, 2]);
  const product = g.op('DepthwiseConv2dNative', [x.name, filter], attributes);
  return { name: g.op('Relu6', [product]), shape: [x.shape[0], ...extents, 2 * channels] };
};

const pool: Step = (x, g, rng) => {
  const { kernel, attributes, extents } = randomWindow(x, rng, false);
  const operator = `${rng.pick(['MaxPool', 'AvgPool'])}${kernel.length === 3 ? '3D' : ''}`;
  const name = g.op(operator, [x.name], { ksize: [1, ...kernel, 1], ...attributes });
  return { name, shape: [x.shape[0], ...extents, x.shape.at(-1)!] };
};

/** With a constant that lacks axes in front, and has one element along others. */
const arithmetic: Step = (x, g, rng) => {
  const lacking = rng.integer(x.shape.length);
  const shape = x.shape.slice(Math.max(1, lacking)).map((extent) => (rng.chance(0.4) ? 1 : extent));
  const operands = [x.name, g.random(shape)];
  const operator = rng.pick(['AddV2', 'Sub', 'Mul', 'Maximum', 'SquaredDifference']);
  return { ...x, name: g.op(operator, rng.chance(0.5) ? operands : operands.reverse()) };
};

const pad: Step = ({ name, shape }, g, rng) => {
  const pads = shape.flatMap((_, axis) => (axis === 0 ? [0, 0] : [rng.integer(2), rng.integer(3)]));
  const amounts = g.constant(Int32Array.from(pads), [shape.length, 2]);
  return {
    name: g.op('PadV2', [name, amounts, g.float(rng.pick([0, 0.5]))]),
    shape: shape.map((extent, axis) => extent + pads[2 * axis] + pads[2 * axis + 1]),
  };
};

const stridedSlice: Step = ({ name, shape }, g, rng) => {
  const steps = shape.map((_, axis) => (axis === 0 ? 1 : rng.pick([1, 1, 2, -1])));
  const from = shape.map((extent, axis) => (axis === 0 ? 0 : rng.integer(Math.ceil(extent / 2))));
  const begins = from.map((at, axis) => (steps[axis] > 0 ? at : shape[axis] - 1 - at));
  const end_mask = 2 ** shape.length - 1;
  const inputs = [name, g.ints(begins), g.ints(shape.map(() => 0)), g.ints(steps)];
  return {
    name: g.op('StridedSlice', inputs, { begin_mask: 1, end_mask }),
    shape: shape.map((extent, axis) => Math.ceil((extent - from[axis]) / Math.abs(steps[axis]))),
  };
};

const transpose: Step = ({ name, shape }, g, rng) => {
  const perm = [0, ...rng.shuffle(shape.map((_, axis) => axis).slice(1))];
  return { name: g.op('Transpose', [name, g.ints(perm)]), shape: perm.map((axis) => shape[axis]) };
};

const reduce: Step = ({ name, shape }, g, rng) => {
  const axis = 1 + rng.integer(shape.length - 1);
  const operator = rng.pick(['Mean', 'Max', 'Sum', 'Min']);
  return {
    name: g.op(operator, [name, g.ints([rng.chance(0.5) ? axis : axis - shape.length])], { keep_dims: true }),
    shape: shape.with(axis, 1),
  };
};

const concat: Step = ({ name, shape }, g, rng) => {
  const axis = 1 + rng.integer(shape.length - 1);
  const joined = g.op('ConcatV2', [name, g.op('Sigmoid', [name]), g.ints(axis)]);
  return { name: joined, shape: shape.with(axis, 2 * shape[axis]) };
};

/** Into other extents of the same product; the channels may stay what they are. */
const reshape: Step = ({ name, shape }, g, rng) => {
  const keepsChannels = rng.chance(0.5);
  const moved = keepsChannels ? shape.slice(1, -1) : shape.slice(1);
  const [first, ...others] = rng.shuffle([...moved]);
  const rest = keepsChannels ? [...others, shape.at(-1)!] : others;
  // Rank 4 or 5, whichever it is not.
  const target = shape.length === 5 ? [first * rest[0], ...rest.slice(1)] : [first, 1, ...rest];
  return { name: g.op('Reshape', [name, g.ints([-1, ...target])]), shape: [shape[0], ...target] };
};

/** Of all along one axis, or along the channels. */
const along: Step = (x, g, rng) => {
  const { name, shape } = x;
  const axis = g.ints(1 + rng.integer(shape.length - 1));
  const made = rng.pick([
    () => g.op('Softmax', [name]),
    () => g.op('Cumsum', [name, axis], { exclusive: rng.chance(0.5), reverse: rng.chance(0.5) }),
    () => g.op('ReverseV2', [name, axis]),
    () => g.op('BiasAdd', [name, g.random(shape.slice(-1))]),
    () => g.op('Prelu', [name, g.random(shape.slice(-1))]),
  ]);
  return { ...x, name: made() };
};

/** Some positions of an axis, in any order. */
const gather: Step = ({ name, shape }, g, rng) => {
  const axis = 1 + rng.integer(shape.length - 1);
  const taken = Array.from({ length: 1 + rng.integer(4) }, () => rng.integer(shape[axis]));
  return {
    name: g.op('GatherV2', [name, g.ints(taken), g.ints(axis)]),
    shape: shape.with(axis, taken.length),
  };
};

/** Parts of an axis, of which one goes on. */
const split: Step = ({ name, shape }, g, rng) => {
  const axis = 1 + rng.integer(shape.length - 1);
  const first = 1 + rng.integer(shape[axis]);
  const lengths = [first, shape[axis] - first].filter((length) => length > 0);
  const parts = g.op('SplitV', [name, g.ints(lengths), g.ints(axis)], { num_split: lengths.length });
  const taken = rng.integer(lengths.length);
  return { name: g.op('Identity', [`${parts}:${taken}`]), shape: shape.with(axis, lengths[taken]) };
};

/** An axis taken apart and put together in another place. */
const restack: Step = ({ name, shape }, g, rng) => {
  const [from, to] = [0, 1].map(() => 1 + rng.integer(shape.length - 1));
  const num = shape[from];
  const items = g.op('Unpack', [name], { axis: from, num });
  const names = Array.from({ length: num }, (_, i) => (i === 0 ? items : `${items}:${i}`));
  return {
    name: g.op('Pack', names, { axis: to, N: num }),
    shape: shape.toSpliced(from, 1).toSpliced(to, 0, num),
  };
};

/**
 * Of what a convolution gives: onnxruntime takes a transpose of all axes before it to after it, and cannot compute what
 * is left.
 */
const resize: Step = (x, g, rng) => {
  if (images(x.shape) !== 2) return along(x, g, rng);
  const size = [2 + rng.integer(6), 2 + rng.integer(6)];
  const mixed = g.mixed(x.name, 4, x.shape[3]);
  const name = g.op('ResizeBilinear', [mixed, g.ints(size)], { half_pixel_centers: rng.chance(0.5) });
  return { name, shape: [x.shape[0], ...size, x.shape[3]] };
};

const steps: readonly Step[] = [
  ...[conv, conv, depthwise, pool, arithmetic, arithmetic, pad, stridedSlice],
  ...[transpose, reduce, concat, reshape, along, gather, split, restack, resize],
];

/** Operators one after the other on an image or a clip, and on the way what each has given. */
export function randomChain(seed: number): { graph: GraphDef; outputs: string[] } {
  const rng = new Rng(`chain/${seed}`);
  const graph = new GraphDef();
  const extents = Array.from({ length: 2 + rng.integer(2) }, () => 3 + rng.integer(5));
  const shape = [2, ...extents, 1 + rng.integer(4)];
  let link: Link = { name: graph.placeholder(randomTensor(shape, `chain/${seed}`)), shape };
  const outputs: string[] = [];
  for (let i = 0; i < 8; i++) {
    link = rng.pick(steps)(link, graph, rng);
    outputs.push(link.name);
  }
  return { graph, outputs };
}
