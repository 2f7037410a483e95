import type { Tensor } from '../../../src/core/tensor.ts';
import { GraphDef, type } from './graph-def.ts';

/**
 * What networks of video matting look like: frames of any size, made smaller by a ratio that is an input, dilated
 * convolutions by blocks whose borders depend on the size, and a state that is broadcast, of which the graph says
 * nothing. Inputs: frames [N, H, W, 3], state, ratio.
 */
export function mattingGraph([frames, state, ratio]: readonly Tensor[]) {
  const g = new GraphDef();
  const given = g.placeholder(frames, [0, 1, 2]);
  const before = g.placeholder(state, 'any rank');
  const scale = g.placeholder(ratio, 'any rank');
  const small = resized(g, given, scale);
  const y = dilated(g, g.op('Conv2D', [small, g.random([1, 1, 3, 4])], unit('SAME')), 4);
  const passed = g.op('BroadcastTo', [before, g.op('Shape', [y])]);
  const next = g.op('AddV2', [g.op('Tanh', [y]), g.op('Mul', [passed, g.float(0.5)])]);
  return { graph: g, outputs: [next, g.op('Mean', [next, g.ints([1, 2])], { keep_dims: false })] };
}

const unit = (padding: string) => ({ strides: [1, 1, 1, 1], padding });

/** As it is where the ratio is 1. */
function resized(g: GraphDef, frames: string, scale: string): string {
  const whole = g.op('Equal', [scale, g.float(1)]);
  const side = g.op('Switch', [frames, whole]);
  const taken = g.op('Switch', [scale, whole]);
  const size = g.op('Mul', [g.op('Cast', [sides(g, side)], { DstT: type('float32') }), taken]);
  const smaller = g.op('ResizeBilinear', [side, g.op('Cast', [size], { DstT: type('int32') })], {
    ...{ align_corners: false, half_pixel_centers: true },
  });
  return g.op('Merge', [smaller, g.op('Identity', [`${side}:1`])]);
}

/** Height and width. */
function sides(g: GraphDef, x: string): string {
  return g.op('StridedSlice', [g.op('Shape', [x]), g.ints([1]), g.ints([3]), g.ints([1])]);
}

/** A convolution of 3 × 3 with dilation 2, filled up to even sides. */
function dilated(g: GraphDef, x: string, channels: number): string {
  const missing = g.op('FloorMod', [g.op('Neg', [sides(g, x)]), g.ints(2)]);
  const borders = (begin: number, end: string) => {
    const begins = g.ints([begin, begin]);
    return g.op('Pack', [begins, end], { axis: 1, N: 2 });
  };
  const around = borders(2, g.op('AddV2', [missing, g.ints(2)]));
  const spread = g.op('SpaceToBatchND', [x, g.ints([2, 2]), around]);
  const y = g.op('Conv2D', [spread, g.random([3, 3, channels, channels])], unit('VALID'));
  return g.op('BatchToSpaceND', [y, g.ints([2, 2]), borders(0, missing)]);
}
