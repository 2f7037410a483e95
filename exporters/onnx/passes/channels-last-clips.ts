import { type Extents, knownExtents } from '../../../src/onnx/extents.ts';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
  useCounts,
} from '../../../src/onnx/graph.ts';
import { NodeWriter } from '../../../src/onnx/node-writer.ts';
import type { Pass } from './pass.ts';

/**
 * Turns convolutions of clips over space alone or over time alone into 2-D ones: over [N·T, C, H, W], and over
 * [N, C, T, H·W]. Around each the clip lies as [N, T, H, W, C], where both are only another reading of the same
 * memory, so that with the transposes cancelled (see cancel-transposes) none is left between a convolution over space
 * and one over time. Runtimes take the remaining ones into their convolutions. A single one among others would only
 * gain transposes, so more than half of the convolutions of clips have to be of these kinds.
 */
export const channelsLastClips: Pass = {
  name: 'channels-last-clips',

  apply(graph: Graph): Graph {
    const extents = knownExtents(graph);
    const writer = new NodeWriter(graph.initializers);
    const uses = useCounts(graph);
    const absorbed = new Set<GraphNode>();
    const kernelOf = ({ inputs }: GraphNode) => graph.initializers.get(inputs[1]);
    const ofClips = graph.nodes.filter(
      (node) => node.operator === 'Conv' && kernelOf(node)?.shape.length === 5,
    );
    const forms = new Map(ofClips.map((node) => [node, planeForm(node, kernelOf(node)!, extents)]));
    if ([...forms.values()].filter((form) => form).length <= ofClips.length / 2) return graph;
    for (const node of graph.nodes) {
      if (absorbed.has(node)) continue;
      const form = forms.get(node);
      if (!form) {
        writer.nodes.push(node);
        continue;
      }
      // A rectifier stays next to its convolution, where runtimes fuse the two.
      const user = graph.nodes.find(({ inputs }) => inputs[0] === node.outputs[0]);
      const relu = user?.operator === 'Relu' && uses.get(node.outputs[0]) === 1 ? user : null;
      if (relu) absorbed.add(relu);
      writePlanes(writer, node, kernelOf(node)!, form, relu);
    }
    const { nodes, initializers } = writer;
    return dropUnusedInitializers({ ...graph, nodes, initializers });
  },
};

/** A convolution of clips as one of planes. */
interface PlaneForm {
  /** Of the frames, every one of how many is taken before. */
  readonly every: number;
  /** [N, T, H, W, C] read as planes with the channels last, of the input and the result; −1 is N or N·T. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** The two of the axes T, H and W that the plane's kernel spans. */
  readonly axes: readonly [number, number];
}

function planeForm(
  { inputs, outputs, attributes }: GraphNode,
  kernel: Initializer,
  extents: ReadonlyMap<string, Extents>,
): PlaneForm | null {
  const [x, y] = [extents.get(inputs[0]), extents.get(outputs[0])];
  if (!x || !y) return null;
  if ((attributes.group ?? 1) !== 1 || [...x.slice(1), ...y.slice(1)].includes(null)) return null;
  const [time, height, width] = kernel.shape.slice(2);
  const strides = (attributes.strides as readonly number[] | undefined) ?? [1, 1, 1];
  const pads = (attributes.pads as readonly number[] | undefined) ?? [0, 0, 0, 0, 0, 0];
  const isUnpadded = (axis: number) => pads[axis] === 0 && pads[axis + 3] === 0;
  const stays = (axis: number) => strides[axis] === 1 && isUnpadded(axis);
  const [channels, ...space] = x.slice(1) as number[];
  const [filters, ...clip] = y.slice(1) as number[];
  const output = [-1, ...clip, filters];
  if (time === 1 && isUnpadded(0)) {
    return { every: strides[0], input: [-1, space[1], space[2], channels], output, axes: [1, 2] };
  }
  if (height === 1 && width === 1 && stays(1) && stays(2)) {
    return { every: 1, input: [-1, space[0], space[1] * space[2], channels], output, axes: [0, 1] };
  }
  return null;
}

function writePlanes(
  writer: NodeWriter,
  node: GraphNode,
  kernel: Initializer,
  { every, input, output, axes }: PlaneForm,
  relu: GraphNode | null,
): void {
  const { name, inputs, attributes } = node;
  const [, , ...window] = kernel.shape;
  const planeKernel: Initializer = {
    ...kernel,
    name: `${kernel.name}.plane`,
    shape: [...kernel.shape.slice(0, 2), ...axes.map((axis) => window[axis])],
  };
  writer.initializers.set(planeKernel.name, planeKernel);
  const pick = (list: Attributes, fallback: number, sides: readonly number[]) =>
    sides.flatMap((side) => axes.map((axis) => list?.[axis + side] ?? fallback));
  let clip = writer.add('Transpose', `${name}/last`, [inputs[0]], { perm: [0, 2, 3, 4, 1] });
  if (every > 1) {
    const bounds = [[0], [Number.MAX_SAFE_INTEGER], [1], [every]].map((values) => writer.integers(values));
    clip = writer.add('Slice', `${name}/every`, [clip, ...bounds]);
  }
  const planes = writer.reshape(`${name}/planes`, clip, input);
  writer.nodes.push({
    ...node,
    inputs: [
      writer.add('Transpose', `${name}/first`, [planes], { perm: [0, 3, 1, 2] }),
      planeKernel.name,
      ...inputs.slice(2),
    ],
    outputs: [`${name}/plane`],
    attributes: {
      kernel_shape: planeKernel.shape.slice(2),
      strides: pick(attributes.strides as Attributes, 1, [0]),
      pads: pick(attributes.pads as Attributes, 0, [0, 3]),
      dilations: pick(attributes.dilations as Attributes, 1, [0]),
    },
  });
  const rectified = `${name}/plane/relu`;
  if (relu) writer.nodes.push({ ...relu, inputs: [`${name}/plane`], outputs: [rectified] });
  const result = relu ? rectified : `${name}/plane`;
  const last = writer.add('Transpose', `${name}/plane/last`, [result], { perm: [0, 2, 3, 1] });
  writer.nodes.push({
    ...{ name: `${name}/clip/first`, operator: 'Transpose' },
    inputs: [writer.reshape(`${name}/clip`, last, output)],
    outputs: (relu ?? node).outputs,
    attributes: { perm: [0, 4, 1, 2, 3] },
  });
}

type Attributes = readonly number[] | undefined;
