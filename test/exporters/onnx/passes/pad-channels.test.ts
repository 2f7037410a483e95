import { describe, expect, it } from 'vitest';
import { padChannels } from '../../../../exporters/onnx/passes/pad-channels.ts';
import type { Attribute, Graph, GraphNode, Initializer } from '../../../../src/onnx/graph.ts';
import { graphOf, node, operators, same, weight } from './graphs.ts';

const x = { x: [2, 3, 6, 5] };
const convolve = (
  input: string,
  output: string,
  weights: string[],
  attributes: Record<string, Attribute> = {},
) => node('Conv', [input, ...weights], output, attributes);

const shapes = (graph: Graph) =>
  Object.fromEntries([...graph.initializers].map(([name, { shape }]) => [name, shape]));

describe('padChannels', () => {
  it.each([
    [5, 16],
    [15, 16],
    [17, 32],
    [33, 48],
  ])(
    'fills %i channels up to %i, with a bias and without, and keeps what comes out',
    async (given, padded) => {
      const nodes = [
        convolve('x', 'a', ['k', 'b'], { strides: [1, 2] }),
        node('Relu', ['a'], 'r'),
        convolve('r', 'c', ['l'], { pads: [1, 0, 1, 1] }),
        convolve('c', 'y', ['m', 'd']),
      ];
      const weights = [
        ...[weight('k', [given, 3, 3, 2]), weight('b', [given])],
        ...[weight('l', [6, given, 2, 1]), weight('m', [4, 6, 1, 1]), weight('d', [4])],
      ];
      const after = await same(padChannels, graphOf(x, nodes, ['y'], weights), 1e-5);
      expect(shapes(after)).toEqual({
        ...{ k: [padded, 3, 3, 2], b: [padded] },
        ...{ l: [16, padded, 2, 1], m: [4, 16, 1, 1], d: [4] },
      });
      expect(operators(after)).toEqual(operators(graphOf(x, nodes, ['y'])));
    },
  );

  it.each<[string, number, GraphNode[], string[]]>([
    ['that are a multiple of 4', 8, [convolve('x', 'a', ['k']), convolve('a', 'y', ['l'])], ['y']],
    ['that are an output', 5, [convolve('x', 'a', ['k']), convolve('a', 'y', ['l'])], ['y', 'a']],
    [
      'that are an output once rectified',
      5,
      [convolve('x', 'a', ['k']), node('Relu', ['a'], 'w'), convolve('w', 'y', ['l'])],
      ['y', 'w'],
    ],
    [
      'that others take',
      5,
      [convolve('x', 'a', ['k']), convolve('a', 'y', ['l']), node('Exp', ['a'], 'w')],
      ['y', 'w'],
    ],
    [
      'through which something else goes',
      5,
      [convolve('x', 'a', ['k']), node('Sigmoid', ['a'], 's'), convolve('s', 'y', ['l'])],
      ['y'],
    ],
    ['of the last convolution', 5, [convolve('x', 'a', ['k']), node('Exp', ['a'], 'y')], ['y']],
    [
      'whose convolution has a kernel that is computed',
      5,
      [node('Neg', ['k'], 'm'), convolve('x', 'a', ['m']), convolve('a', 'y', ['l'])],
      ['y'],
    ],
    [
      'whose convolution has a bias that is computed',
      5,
      [node('Neg', ['b'], 'm'), convolve('x', 'a', ['k', 'm']), convolve('a', 'y', ['l'])],
      ['y'],
    ],
    [
      'before a kernel that is computed',
      5,
      [node('Neg', ['l'], 'm'), convolve('x', 'a', ['k']), convolve('a', 'y', ['m'])],
      ['y'],
    ],
  ])('leaves channels %s', async (_, channels, nodes, outputs) => {
    const weights = [
      ...[weight('k', [channels, 3, 3, 2]), weight('b', [channels]), weight('l', [4, channels, 1, 2])],
    ];
    const used = weights.filter(({ name }) => nodes.some(({ inputs }) => inputs.includes(name)));
    const graph = graphOf(x, nodes, outputs, used);
    const after = await same(padChannels, graph, 1e-5);
    expect([after.nodes, shapes(after)]).toEqual([graph.nodes, shapes(graph)]);
  });

  it.each([
    ['before', { group: 3 }, {}, [6, 1, 1, 2], [4, 6, 1, 2]],
    ['after', {}, { group: 2 }, [6, 3, 1, 2], [4, 3, 1, 2]],
  ])('leaves channels in groups %s them', async (_, first, second, k, l) => {
    const nodes = [convolve('x', 'a', ['k'], first), convolve('a', 'y', ['l'], second)];
    const graph = graphOf(x, nodes, ['y'], [weight('k', k), weight('l', l)]);
    expect(shapes(await same(padChannels, graph, 1e-5))).toEqual(shapes(graph));
  });

  it('takes one group for none', async () => {
    const nodes = [convolve('x', 'a', ['k'], { group: 1 }), convolve('a', 'y', ['l'])];
    const graph = graphOf(x, nodes, ['y'], [weight('k', [6, 3, 1, 2]), weight('l', [4, 6, 1, 2])]);
    expect(shapes(await same(padChannels, graph, 1e-5))).toEqual({ k: [16, 3, 1, 2], l: [4, 16, 1, 2] });
  });

  it('gives who shares a weight one of their own', async () => {
    const weights: Initializer[] = [weight('k', [3, 3, 1, 1]), weight('b', [3])];
    // One kernel from first to last, whose filters are filled up here and whose channels there.
    const nodes = [
      convolve('x', 'a', ['k', 'b']),
      convolve('a', 'c', ['k', 'b']),
      node('Relu', ['c'], 'r'),
      convolve('r', 'y', ['k', 'b']),
    ];
    const after = await same(padChannels, graphOf(x, nodes, ['y'], weights), 1e-5);
    const kernels = after.nodes.flatMap(({ inputs }) => after.initializers.get(inputs[1])?.shape ?? []);
    expect(kernels).toEqual([16, 3, 1, 1, 16, 16, 1, 1, 3, 16, 1, 1]);
  });

  it('leaves a weight alone that is used as an input', async () => {
    const nodes = [convolve('x', 'a', ['k']), convolve('one', 'y', ['a'])];
    const weights = [weight('k', [5, 3, 1, 1]), weight('one', [1, 5, 7, 6])];
    const graph = graphOf(x, nodes, ['y'], weights);
    expect(shapes(await same(padChannels, graph, 1e-5))).toEqual(shapes(graph));
  });
});
