import { describe, expect, it } from 'vitest';
import { channelsLastClips } from '../../../../exporters/onnx/passes/channels-last-clips.ts';
import type { Attribute, Graph, GraphNode } from '../../../../src/onnx/graph.ts';
import { graphOf, node, operators, same, weight } from './graphs.ts';

/** N, C, T, H, W: no two alike. */
const x = { x: [2, 3, 6, 8, 7] };
type Attributes = Record<string, Attribute>;
const convolve = (input: string, output: string, kernel: string, attributes: Attributes = {}) =>
  node('Conv', [input, kernel], output, attributes);

const kernelRanks = (graph: Graph) =>
  graph.nodes.flatMap(({ operator, inputs }) =>
    operator === 'Conv' ? [graph.initializers.get(inputs[1])?.shape.length] : [],
  );

describe('channelsLastClips', () => {
  it.each<[string, number[], Attributes]>([
    ['space', [5, 3, 1, 3, 2], {}],
    ['rows alone', [5, 3, 1, 3, 1], {}],
    [
      'space, with strides, dilations and uneven padding',
      [5, 3, 1, 3, 2],
      { strides: [1, 2, 3], dilations: [1, 2, 1], pads: [0, 2, 1, 0, 0, 3] },
    ],
    ['space, of every second frame', [5, 3, 1, 2, 3], { strides: [2, 1, 2] }],
    ['space, of every fourth frame, where the last is not reached', [5, 3, 1, 2, 3], { strides: [4, 1, 1] }],
    ['time', [5, 3, 3, 1, 1], {}],
    [
      'time, with strides, dilations and uneven padding',
      [5, 3, 2, 1, 1],
      { strides: [2, 1, 1], dilations: [3, 1, 1], pads: [2, 0, 0, 1, 0, 0] },
    ],
    ['neither', [5, 3, 1, 1, 1], {}],
    ['neither, with padding in time', [5, 3, 1, 1, 1], { pads: [1, 0, 0, 2, 0, 0] }],
    ['neither, with strides in space', [5, 3, 1, 1, 1], { strides: [1, 2, 3] }],
    ['space, in one group as it says', [5, 3, 1, 3, 2], { group: 1 }],
  ])('turns a convolution over %s into one of planes', async (_, shape, attributes) => {
    const nodes = [convolve('x', 'a', 'k', attributes), node('Exp', ['a'], 'y')];
    const after = await same(channelsLastClips, graphOf(x, nodes, ['y', 'a'], [weight('k', shape)]), 1e-5);
    expect(kernelRanks(after)).toEqual([4]);
  });

  it('takes biases, rectifiers and shared kernels along, and keeps names', async () => {
    const nodes = [
      node('Conv', ['x', 'k', 'b'], 'a'),
      node('Relu', ['a'], 'r'),
      convolve('r', 'c', 'm'),
      node('Relu', ['c'], 'y'),
      convolve('x', 'd', 'k', { pads: [0, 1, 0, 0, 0, 1] }),
      node('Relu', ['d'], 'e'),
      node('Sub', ['d', 'e'], 'w'),
    ];
    const weights = [weight('k', [4, 3, 1, 2, 3]), weight('b', [4]), weight('m', [5, 4, 3, 1, 1])];
    const after = await same(channelsLastClips, graphOf(x, nodes, ['y', 'w', 'r'], weights), 1e-5);
    expect(kernelRanks(after)).toEqual([4, 4, 4]);
    // Of those that alone take a result, and are no output of the graph's themselves or are its last.
    const next = after.nodes.flatMap(({ operator }, i) =>
      operator === 'Conv' ? [after.nodes[i + 1].operator] : [],
    );
    expect(next).toEqual(['Relu', 'Relu', 'Transpose']);
  });

  it.each<[string, number[], Attributes]>([
    ['over time and space', [5, 3, 2, 2, 2], {}],
    ['over time and rows', [5, 3, 2, 2, 1], {}],
    ['over time and columns', [5, 3, 2, 1, 2], {}],
    ['in groups', [6, 1, 1, 2, 2], { group: 3 }],
    ['over space that is padded in time in front', [5, 3, 1, 2, 2], { pads: [1, 0, 0, 0, 0, 0] }],
    ['over space that is padded in time behind', [5, 3, 1, 2, 2], { pads: [0, 0, 0, 1, 0, 0] }],
    ['over time that is padded in rows', [5, 3, 2, 1, 1], { pads: [0, 1, 0, 0, 0, 0] }],
    ['over time that is padded in columns', [5, 3, 2, 1, 1], { pads: [0, 0, 0, 0, 0, 1] }],
    ['over time of every second row', [5, 3, 2, 1, 1], { strides: [1, 2, 1] }],
    ['over time of every second column', [5, 3, 2, 1, 1], { strides: [1, 1, 2] }],
    ['that pads itself', [5, 3, 1, 2, 2], { auto_pad: 'SAME_UPPER' }],
  ])('leaves a convolution %s', async (_, shape, attributes) => {
    const nodes = [convolve('x', 'y', 'k', attributes)];
    const graph = graphOf(x, nodes, ['y'], [weight('k', shape)]);
    expect(channelsLastClips.apply(graph)).toBe(graph);
    // Beside two that are turned it stays as it is, too.
    const more: GraphNode[] = [...nodes, convolve('x', 'a', 'm'), convolve('a', 'w', 'n')];
    const beside = graphOf(
      x,
      more,
      ['y', 'w'],
      [...[weight('k', shape), weight('m', [4, 3, 1, 2, 2]), weight('n', [3, 4, 2, 1, 1])]],
    );
    expect(kernelRanks(await same(channelsLastClips, beside, 1e-5))).toEqual([5, 4, 4]);
  });

  it('leaves all where no more than half could be turned, and images', async () => {
    const half = graphOf(
      x,
      [convolve('x', 'y', 'k'), convolve('x', 'w', 'm')],
      ['y', 'w'],
      [weight('k', [4, 3, 1, 2, 2]), weight('m', [4, 3, 2, 2, 2])],
    );
    expect(channelsLastClips.apply(half)).toBe(half);
    const image = graphOf({ x: [2, 3, 6, 5] }, [convolve('x', 'y', 'k')], ['y'], [weight('k', [4, 3, 1, 1])]);
    expect(channelsLastClips.apply(image)).toBe(image);
  });

  it.each([
    ['a channel count', ['N', 'C', 6, 8, 7]],
    ['a length', ['N', 3, 'T', 8, 7]],
    ['a width', ['N', 3, 6, 8, 'W']],
  ])('leaves clips of which %s is not known', (_, shape) => {
    const known = graphOf(x, [convolve('x', 'y', 'k')], ['y'], [weight('k', [4, 3, 1, 2, 2])]);
    const graph: Graph = { ...known, inputs: [{ name: 'x', dtype: 'float32', shape }] };
    expect(channelsLastClips.apply(graph)).toBe(graph);
    const open: Graph = { ...known, inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 6, 8, 7] }] };
    expect(operators(channelsLastClips.apply(open))).toContain('Reshape');
  });

  it('leaves clips of which nothing is known', () => {
    const nodes = [node('NonZero', ['x'], 'z'), convolve('z', 'y', 'k')];
    const graph = graphOf(x, nodes, ['y'], [weight('k', [4, 3, 1, 2, 2])]);
    expect(channelsLastClips.apply(graph)).toBe(graph);
  });
});
