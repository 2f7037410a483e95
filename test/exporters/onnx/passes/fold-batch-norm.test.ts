import { describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../../../exporters/onnx/passes/fold-batch-norm.ts';
import { float, type GraphNode, type Initializer } from '../../../../src/onnx/graph.ts';
import { constant, count, graphOf, integers, node, operators, same, weight } from './graphs.ts';

const x = { x: [2, 3, 7, 6] };

function norm(input: string, output: string, epsilon?: number, statistics = output): GraphNode {
  const inputs = ['gamma', 'beta', 'mean', 'variance'].map((name) => `${statistics}.${name}`);
  return node('BatchNormalization', [input, ...inputs], output, {
    ...(epsilon !== undefined && { epsilon: float(epsilon) }),
  });
}

/** Variances so small that the epsilon shows. */
function statistics(name: string, channels: number): Initializer[] {
  return [
    ...['gamma', 'beta', 'mean'].map((part) => weight(`${name}.${part}`, [channels])),
    weight(`${name}.variance`, [channels], [0.0001, 0.5]),
  ];
}

const convolve = (input: string, output: string, weights: readonly string[], attributes = {}) =>
  node('Conv', [input, ...weights], output, attributes);

const kernel = (name: string, shape: number[]) => weight(name, shape, [-0.3, 0.3]);

describe('foldBatchNorm', () => {
  it.each([
    ['with a bias', ['k', 'b'], undefined],
    ['without a bias', ['k'], undefined],
    ['with a bias that is left out by name', ['k', ''], undefined],
    ['with an epsilon that counts', ['k', 'b'], 0.25],
  ])('folds into a convolution %s', async (_, weights, epsilon) => {
    const nodes = [
      convolve('x', 'conv/1', weights, { strides: [2, 1], pads: [1, 0, 2, 1] }),
      norm('conv/1', 'n', epsilon),
      node('Relu', ['n'], 'y'),
    ];
    const hasBias = weights.includes('b');
    const given = [kernel('k', [4, 3, 3, 2]), ...(hasBias ? [weight('b', [4])] : []), ...statistics('n', 4)];
    const after = await same(foldBatchNorm, graphOf(x, nodes, ['y'], given), 1e-5);
    expect(operators(after)).toEqual(['Conv', 'Relu']);
    expect([...after.initializers.keys()].sort()).toEqual(hasBias ? ['b', 'k'] : ['conv.bias', 'k']);
    // Precisions and counts of parameters go by it.
    expect([...after.initializers.values()].every(({ learnt }) => learnt)).toBe(true);
  });

  it('folds into convolutions in groups, of clips, and of one that follows another', async () => {
    const nodes = [
      convolve('x', 'a', ['k1', 'b1'], { group: 3 }),
      norm('a', 'n1'),
      convolve('n1', 'b', ['k2']),
      norm('b', 'n2'),
      node('Unsqueeze', ['n2', 'axis'], 'clip'),
      convolve('clip', 'c', ['k3']),
      norm('c', 'y'),
    ];
    const given = [
      ...[kernel('k1', [6, 1, 3, 3]), weight('b1', [6]), ...statistics('n1', 6)],
      ...[kernel('k2', [5, 6, 2, 1]), ...statistics('n2', 5)],
      ...[kernel('k3', [4, 5, 1, 2, 2]), ...statistics('y', 4), integers('axis', [2])],
    ];
    const after = await same(foldBatchNorm, graphOf(x, nodes, ['y'], given), 1e-4);
    expect(operators(after)).toEqual(['Conv', 'Conv', 'Unsqueeze', 'Conv']);
  });

  it('gives each use of shared weights its own, and leaves theirs to the others', async () => {
    const nodes = [
      convolve('x', 'net/a', ['k', 'b']),
      norm('net/a', 'y'),
      convolve('x', 'net/c', ['k', 'b']),
      norm('net/c', 'w'),
      convolve('x', 'v', ['k', 'b']),
    ];
    const given = [kernel('k', [4, 3, 3, 2]), weight('b', [4]), ...statistics('y', 4), ...statistics('w', 4)];
    // A weight that has the first of the names already.
    const taken = weight('net.kernel', [6]);
    const graph = graphOf(
      x,
      [...nodes, node('Mul', ['x', 'net.kernel'], 'u')],
      ['y', 'w', 'v', 'u'],
      [...given, taken],
    );
    const after = await same(foldBatchNorm, graph, 1e-5);
    expect(count(after, 'BatchNormalization')).toBe(0);
    expect([...after.initializers.keys()].sort()).toEqual(
      ['b', 'k', 'net.bias', 'net.bias_1', 'net.kernel', 'net.kernel_1', 'net.kernel_2'].sort(),
    );
  });

  it('folds the statistics that two share into both', async () => {
    const nodes = [
      convolve('x', 'a', ['k1']),
      norm('a', 'y', 0.01, 's'),
      convolve('x', 'b', ['k2']),
      norm('b', 'w', 0.3, 's'),
    ];
    const given = [kernel('k1', [4, 3, 3, 2]), kernel('k2', [4, 3, 1, 1]), ...statistics('s', 4)];
    const after = await same(foldBatchNorm, graphOf(x, nodes, ['y', 'w'], given), 1e-5);
    expect(operators(after)).toEqual(['Conv', 'Conv']);
  });

  it.each<[string, GraphNode[], string[]]>([
    [
      'whose convolution others take',
      [convolve('x', 'c', ['k']), norm('c', 'y'), node('Relu', ['c'], 'w')],
      ['y', 'w'],
    ],
    ['whose convolution is an output', [convolve('x', 'c', ['k']), norm('c', 'y')], ['y', 'c']],
    [
      'that follows something else',
      [convolve('x', 'c', ['k']), node('Relu', ['c'], 'r'), norm('r', 'y')],
      ['y'],
    ],
    [
      'whose convolution has a kernel that is computed',
      [node('Neg', ['k'], 'm'), convolve('x', 'c', ['m']), norm('c', 'y')],
      ['y'],
    ],
    [
      'whose convolution has a bias that is computed',
      [node('Neg', ['b'], 'm'), convolve('x', 'c', ['k', 'm']), norm('c', 'y')],
      ['y'],
    ],
    [
      'whose statistics are computed',
      [node('Abs', ['y.variance'], 'a'), convolve('x', 'c', ['k']), ofComputed()],
      ['y'],
    ],
  ])('leaves a norm %s', async (_, nodes, outputs) => {
    const given = [kernel('k', [4, 3, 3, 2]), weight('b', [4]), ...statistics('y', 4)];
    const graph = graphOf(x, nodes, outputs, given);
    expect(await same(foldBatchNorm, graph, 1e-5)).toBe(graph);
  });

  it('leaves weights of 16 bits, which are no numbers as they are stored', async () => {
    // Powers of two and their sums: 1 is 0x3c00, and each 0x0400 more doubles it.
    const halves = (name: string, shape: number[]) =>
      constant(
        name,
        shape,
        Uint16Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0x3400 + 0x0100 * (i % 13)),
        'float16',
      );
    const parts = ['gamma', 'beta', 'mean', 'variance'].map((part) => halves(`n.${part}`, [4]));
    const nodes = [
      node('Cast', ['x'], 'half', { to: 10 }),
      convolve('half', 'c', ['k']),
      norm('c', 'n'),
      node('Cast', ['n'], 'y', { to: 1 }),
    ];
    const graph = graphOf(x, nodes, ['y'], [halves('k', [4, 3, 3, 2]), ...parts]);
    expect(await same(foldBatchNorm, graph)).toBe(graph);
  });

  it('leaves one that takes the averages of the batch', () => {
    const nodes = [convolve('x', 'c', ['k']), norm('c', 'y')];
    const training = { ...nodes[1], attributes: { training_mode: 1 } };
    const graph = graphOf(x, [nodes[0], training], ['y'], [kernel('k', [4, 3, 3, 2]), ...statistics('y', 4)]);
    // onnxruntime's build for inference takes none of these: there is nothing to compare.
    expect(foldBatchNorm.apply(graph)).toBe(graph);
  });

  it('scales a kernel in place where its elements are made anew, and a copy elsewhere', () => {
    const nodes = [convolve('x', 'c', ['k']), norm('c', 'y')];
    const folded = (fresh: boolean) => {
      const given = { ...kernel('k', [4, 3, 3, 2]), fresh };
      const after = foldBatchNorm.apply(graphOf(x, nodes, ['y'], [given, ...statistics('y', 4)]));
      return { given: given.data(), scaled: after.initializers.get('k')!.data() };
    };
    const [anew, kept] = [folded(true), folded(false)];
    expect(anew.scaled).toBe(anew.given);
    expect(kept.scaled).not.toBe(kept.given);
    expect(kept.given).toEqual(kernel('k', [4, 3, 3, 2]).data());
    expect(kept.scaled).toEqual(anew.scaled);
  });
});

function ofComputed(): GraphNode {
  const all = norm('c', 'y');
  return { ...all, inputs: [...all.inputs.slice(0, 4), 'a'] };
}
