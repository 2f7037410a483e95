import { describe, expect, it } from 'vitest';
import { fusePadding } from '../../../../exporters/onnx/passes/fuse-padding.ts';
import type { Attribute, GraphNode, Initializer } from '../../../../src/onnx/graph.ts';
import { constant, count, graphOf, integers, node, operators, outputsOf, same, weight } from './graphs.ts';

const x = { x: [2, 3, 6, 5] };
/** Top, left, bottom, right: no two alike. */
const uneven = [0, 0, 1, 2, 0, 0, 3, 0];
const padded = (input: string, output: string, attributes: Record<string, Attribute> = {}, by = 'pads') =>
  node('Pad', [input, by], output, attributes);

async function fused(nodes: GraphNode[], pads = uneven, more: Initializer[] = [], outputs = ['y']) {
  const given = [integers('pads', pads), ...more];
  const used = given.filter(({ name }) => !nodes.some(({ outputs }) => outputs.includes(name)));
  return same(fusePadding, graphOf(x, nodes, outputs, used), 1e-5);
}

const kernel = weight('k', [4, 3, 3, 4]);
const average = (attributes: Record<string, Attribute>) =>
  node('AveragePool', ['p'], 'y', { kernel_shape: [4, 3], strides: [2, 1], ...attributes });
const maximum = (attributes: Record<string, Attribute> = {}) =>
  node('MaxPool', ['p'], 'y', { kernel_shape: [4, 3], strides: [1, 2], ...attributes });

describe('fusePadding', () => {
  it.each([
    ['without its own', {}, [1, 2, 3, 0]],
    ['beside its own', { pads: [2, 0, 1, 4], strides: [2, 1] }, [3, 2, 4, 4]],
  ])('moves uneven padding into a convolution %s', async (_, attributes, pads) => {
    const nodes = [padded('x', 'p'), node('Conv', ['p', 'k', 'b'], 'y', attributes)];
    const after = await fused(nodes, uneven, [kernel, weight('b', [4])]);
    expect(operators(after)).toEqual(['Conv']);
    expect(after.nodes[0].attributes.pads).toEqual(pads);
    expect([...after.initializers.keys()]).toEqual(['k', 'b']);
  });

  it('moves the padding of clips and of rows', async () => {
    const clip = graphOf(
      { x: [1, 2, 4, 3, 5] },
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      ['y'],
      [integers('pads', [0, 0, 1, 0, 2, 0, 0, 0, 3, 1]), weight('k', [3, 2, 2, 3, 3])],
    );
    const rows = graphOf(
      { x: [2, 3, 7] },
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      ['y'],
      [integers('pads', [0, 0, 2, 0, 0, 1]), weight('k', [4, 3, 3])],
    );
    for (const graph of [clip, rows]) {
      expect(operators(await same(fusePadding, graph, 1e-5))).toEqual(['Conv']);
    }
  });

  it('makes an average count the zeros', async () => {
    expect(operators(await fused([padded('x', 'p'), average({})]))).toEqual(['AveragePool']);
    expect(operators(await fused([padded('x', 'p'), average({ pads: [0, 0, 0, 0] })]))).toEqual([
      'AveragePool',
    ]);
  });

  it('leaves an average with a border of its own, which does not count', async () => {
    expect(count(await fused([padded('x', 'p'), average({ pads: [0, 1, 0, 0] })]), 'Pad')).toBe(1);
  });

  it.each(['Relu', 'Sigmoid', 'Softplus', 'HardSigmoid', 'Softmax'])(
    'moves it into a maximum of what %s gives, which is not below zero',
    async (operator) => {
      const nodes = [node(operator, ['x'], 'r'), padded('r', 'p'), maximum({ pads: [0, 0, 0, 1] })];
      expect(operators(await fused(nodes))).toEqual([operator, 'MaxPool']);
    },
  );

  it('leaves it before a maximum of what may be below zero', async () => {
    // Not by onnxruntime's values: it takes zeros before a maximum for −∞, see guard-padded-pooling.
    for (const nodes of [
      [padded('x', 'p'), maximum()],
      [node('Tanh', ['x'], 'r'), padded('r', 'p'), maximum()],
    ]) {
      const graph = graphOf(x, nodes, ['y'], [integers('pads', uneven)]);
      expect(fusePadding.apply(graph)).toBe(graph);
    }
  });

  it.each([
    ['as wide as the window', [0, 0, 0, 3, 0, 0, 0, 0]],
    ['as high as the window', [0, 0, 0, 0, 0, 0, 4, 0]],
  ])('leaves padding before a pooling that is %s: a window would hold nothing', async (_, pads) => {
    for (const pool of [maximum(), average({})]) {
      const nodes = [node('Relu', ['x'], 'r'), padded('r', 'p'), pool];
      const graph = graphOf(x, nodes, ['y'], [integers('pads', pads)]);
      expect(fusePadding.apply(graph)).toBe(graph);
      const narrower = pads.map((extent) => Math.max(0, extent - 1));
      expect(count(await fused(nodes, narrower), 'Pad')).toBe(0);
    }
  });

  it.each<[string, GraphNode[], number[], Initializer[], string[]]>([
    [
      'that two layers use',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y'), node('Relu', ['p'], 'w')],
      uneven,
      [kernel],
      ['y', 'w'],
    ],
    ['that is an output', [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')], uneven, [kernel], ['y', 'p']],
    [
      'by another value',
      [node('Pad', ['x', 'pads', 'one'], 'p'), node('Conv', ['p', 'k'], 'y')],
      uneven,
      [kernel, constant('one', [], Float32Array.of(1))],
      ['y'],
    ],
    [
      'by reflection',
      [padded('x', 'p', { mode: 'reflect' }), node('Conv', ['p', 'k'], 'y')],
      uneven,
      [kernel],
      ['y'],
    ],
    [
      'that is computed',
      [node('Neg', ['minus'], 'pads'), padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      uneven,
      [
        kernel,
        integers(
          'minus',
          uneven.map((extent) => -extent),
        ),
      ],
      ['y'],
    ],
    [
      'of channels in front',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      [0, 1, 1, 0, 0, 0, 0, 0],
      [weight('k', [4, 4, 3, 4])],
      ['y'],
    ],
    [
      'of channels behind',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      [0, 0, 1, 0, 0, 1, 0, 0],
      [weight('k', [4, 4, 3, 4])],
      ['y'],
    ],
    [
      'of the batch in front',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      [1, 0, 1, 0, 0, 0, 0, 0],
      [kernel],
      ['y'],
    ],
    [
      'of the batch behind',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y')],
      [0, 0, 1, 0, 2, 0, 0, 0],
      [kernel],
      ['y'],
    ],
    [
      'that crops',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y', { pads: [2, 2, 2, 2] })],
      [0, 0, -1, 1, 0, 0, 0, 0],
      [kernel],
      ['y'],
    ],
    [
      'before a convolution that pads itself',
      [padded('x', 'p'), node('Conv', ['p', 'k'], 'y', { auto_pad: 'SAME_UPPER' })],
      uneven,
      [kernel],
      ['y'],
    ],
    ['before something else', [padded('x', 'p'), node('Relu', ['p'], 'y')], uneven, [], ['y']],
  ])('leaves padding %s', async (_, nodes, pads, more, outputs) => {
    const after = await fused(nodes, pads, more, outputs);
    expect(count(after, 'Pad')).toBe(1);
    expect(await outputsOf(after)).toHaveLength(outputs.length);
  });

  it('moves one and leaves another', async () => {
    const nodes = [
      padded('x', 'p'),
      node('Conv', ['p', 'k'], 'y'),
      padded('x', 'q'),
      node('Relu', ['q'], 'w'),
    ];
    const after = await fused(nodes, uneven, [kernel], ['y', 'w']);
    expect(operators(after)).toEqual(['Conv', 'Pad', 'Relu']);
  });
});
