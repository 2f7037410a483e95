import { sizeOf } from '../../src/core/tensor.ts';
import type { ValueShape } from '../../src/onnx/converter.ts';
import type { Constant } from './constants.ts';
import type { OpNode } from './op-node.ts';

/** Operators that take tensors of one rank alone as their first input. */
const ranks: Readonly<Record<string, number>> = {
  ...{ MatMul: 2, _FusedMatMul: 2 },
  ...{ Conv2D: 4, _FusedConv2D: 4, DepthwiseConv2d: 4, DepthwiseConv2dNative: 4 },
  ...{ FusedDepthwiseConv2dNative: 4, _FusedDepthwiseConv2dNative: 4, Dilation2D: 4 },
  ...{ MaxPool: 4, AvgPool: 4, ResizeBilinear: 4, ResizeNearestNeighbor: 4, CropAndResize: 4 },
  ...{ DepthToSpace: 4, LRN: 4, Conv3D: 5, MaxPool3D: 5, AvgPool3D: 5 },
};

/** Operators whose result has the shape of their first input. */
const passOn = new Set([
  ...['Identity', 'StopGradient', 'PreventGradient', 'Snapshot', 'Cast', 'Switch'],
  ...['Abs', 'Neg', 'Sqrt', 'Square', 'Relu', 'Relu6', 'Sigmoid', 'Tanh'],
]);

/** Operators whose result has the rank of their first input. */
const passRankOn = new Set(['Pad', 'PadV2', 'MirrorPad']);

/** Operators that broadcast two inputs against each other. */
const broadcast = new Set(['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Div', 'Maximum', 'Minimum']);

/**
 * The shape that a placeholder must have for the operators behind it, its channels where they are filters'; undefined
 * where none of them says its rank. What lies between must keep the rank: an image is followed through the scaling of
 * its pixels, but not through reshapes.
 */
export function shapeByUse(
  placeholder: string,
  nodes: ReadonlyMap<string, OpNode>,
  constants: ReadonlyMap<string, Constant>,
): ValueShape | undefined {
  const users = usersOf(nodes);
  const seen = new Set<string>();
  const follow = (name: string): ValueShape | undefined => {
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const user of users.get(name) ?? []) {
      const found = shapeFor(name, user);
      if (found) return found;
    }
    return undefined;
  };
  const shapeFor = (name: string, user: OpNode): ValueShape | undefined => {
    const { operator, inputs } = user;
    const [first, second] = inputs.map(({ node }) => node);
    if (broadcast.has(operator)) {
      const other = constants.get(name === first ? second : first);
      const shape = other && follow(user.name);
      if (!shape || sizeOf(other.shape) === 1) return shape;
      // A result of more axes than the constant has them from the other input.
      return shape.length > other.shape.length ? open(shape) : undefined;
    }
    if (name !== first) return undefined;
    if (passOn.has(operator)) return follow(user.name);
    if (passRankOn.has(operator)) return open(follow(user.name));
    return Object.hasOwn(ranks, operator)
      ? [...Array<null>(ranks[operator] - 1).fill(null), channelsOf(user, constants.get(second))]
      : undefined;
  };
  return follow(placeholder);
}

/** Nodes by what they take. Of other results than the first, those of Switch alone are the same value. */
function usersOf(nodes: ReadonlyMap<string, OpNode>): Map<string, OpNode[]> {
  const users = new Map<string, OpNode[]>();
  for (const user of nodes.values()) {
    for (const { node, index } of user.inputs) {
      if (index > 0 && nodes.get(node)?.operator !== 'Switch') continue;
      const list = users.get(node);
      if (list) list.push(user);
      else users.set(node, [user]);
    }
  }
  return users;
}

function open(shape: ValueShape | undefined): ValueShape | undefined {
  return shape?.map(() => null);
}

/** A filter is [extents…, in, out]. */
function channelsOf({ operator, attributes }: OpNode, filter: Constant | undefined): number | null {
  const isProduct = operator === 'MatMul' || operator === '_FusedMatMul';
  if (isProduct && (attributes.flag('transpose_a') || attributes.flag('transpose_b'))) return null;
  return isProduct || operator.includes('Conv') ? (filter?.shape.at(-2) ?? null) : null;
}
