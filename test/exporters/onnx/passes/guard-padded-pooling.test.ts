import { describe, expect, it } from 'vitest';
import { guardPaddedPooling } from '../../../../exporters/onnx/passes/guard-padded-pooling.ts';
import { constant, graphOf, integers, node, operators, outputsOf } from './graphs.ts';

const pool = (input: string, output: string) =>
  node('MaxPool', [input], output, { kernel_shape: [2, 2], strides: [2, 2] });

describe('guardPaddedPooling', () => {
  it('has zeros beside negative values win, as they do in what the graph says', async () => {
    // Below zero everywhere, with a row and a column of zeros before it.
    const values = Float32Array.of(-1, -2, -3, -4, -5, -6, -7, -8, -9);
    const nodes = [node('Pad', ['k', 'pads'], 'p'), pool('p', 'a'), node('Add', ['a', 'x'], 'y')];
    const graph = graphOf(
      { x: [1, 1, 2, 2] },
      nodes,
      ['y', 'a'],
      [constant('k', [1, 1, 3, 3], values), integers('pads', [0, 0, 1, 1, 0, 0, 0, 0])],
    );
    const after = guardPaddedPooling.apply(graph);
    expect(operators(after)).toEqual(['Pad', 'Max', 'MaxPool', 'Add']);
    const [, maximum] = await outputsOf(after);
    // Only the last window reaches no zeros: its largest is −5.
    expect([...maximum.data]).toEqual([0, 0, 0, -5]);
  });

  it('has a padding as wide as the window load, and count', async () => {
    const nodes = [
      node('Pad', ['x', 'pads'], 'p'),
      node('AveragePool', ['p'], 'y', { kernel_shape: [1, 2], strides: [1, 2] }),
    ];
    const given = [
      constant('k', [1, 1, 1, 2], Float32Array.of(6, 4)),
      integers('pads', [0, 0, 0, 3, 0, 0, 0, 2]),
    ];
    const graph = graphOf({ x: [1, 1, 1, 2] }, nodes, ['y'], given);
    await expect(outputsOf(graph)).rejects.toThrow('Pad should be smaller than kernel');
    const after = guardPaddedPooling.apply({
      ...graph,
      nodes: [{ ...nodes[0], inputs: ['k', 'pads'] }, nodes[1], node('Neg', ['x'], 'w')],
      outputs: [...graph.outputs, { name: 'w', dtype: 'float32', shape: null }],
    });
    // 0 0 | 0 6 | 4 0 | and a last one that no window takes.
    expect([...(await outputsOf(after))[0].data]).toEqual([0, 3, 2]);
  });

  it('leaves other poolings, and each of two its own', async () => {
    const pads = integers('pads', [0, 0, 1, 1, 0, 0, 0, 0]);
    const nodes = [
      node('Relu', ['x'], 'r'),
      node('Pad', ['r', 'pads'], 'p'),
      ...[pool('p', 'y'), pool('p', 'w'), pool('r', 'v')],
    ];
    const graph = graphOf({ x: [1, 1, 3, 3] }, nodes, ['y', 'w', 'v'], [pads]);
    const after = guardPaddedPooling.apply(graph);
    expect(operators(after)).toEqual(['Relu', 'Pad', 'Max', 'MaxPool', 'Max', 'MaxPool', 'MaxPool']);
    // Not below zero, where onnxruntime's −∞ and zero are the same.
    expect(await outputsOf(after)).toEqual(await outputsOf(graph));
  });
});
