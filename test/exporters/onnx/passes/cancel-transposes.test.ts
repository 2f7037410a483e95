import { describe, expect, it } from 'vitest';
import { cancelTransposes } from '../../../../exporters/onnx/passes/cancel-transposes.ts';
import type { Graph, GraphNode, Initializer } from '../../../../src/onnx/graph.ts';
import { constant, count, graphOf, node, operators, same, weight } from './graphs.ts';

/** Neither is its own inverse, nor are any two extents alike: a wrong turn shows. */
const [toFirst, toLast] = [
  [0, 3, 1, 2],
  [0, 2, 3, 1],
];
const shape = [2, 3, 4, 5];
const turn = (input: string, output: string, perm: readonly number[]) =>
  node('Transpose', [input], output, { perm });

/** From channels last to first, through nodes from `first` to `end`, and back. */
function between(
  nodes: readonly GraphNode[],
  initializers: readonly Initializer[] = [],
  inputs: Readonly<Record<string, readonly number[]>> = {},
): Graph {
  const all = [turn('x', 'first', toFirst), ...nodes, turn('end', 'y', toLast)];
  return graphOf({ x: shape, ...inputs }, all, ['y'], initializers);
}

describe('cancelTransposes', () => {
  it('takes two that undo each other out, and gives the output its name', async () => {
    const after = await same(cancelTransposes, between([node('Relu', ['first'], 'end')]));
    expect(operators(after)).toEqual(['Relu', 'Identity']);
    const inside = await same(
      cancelTransposes,
      graphOf(
        { x: shape },
        [turn('x', 'a', toFirst), turn('a', 'b', toLast), node('Exp', ['b'], 'y')],
        ['y'],
      ),
    );
    expect(operators(inside)).toEqual(['Exp']);
  });

  it('makes one of two that do not undo each other', async () => {
    const nodes = [turn('x', 'a', [1, 0, 3, 2]), node('Neg', ['a'], 'b'), turn('b', 'y', toFirst)];
    expect(operators(await same(cancelTransposes, graphOf({ x: shape }, nodes, ['y'])))).toEqual([
      'Neg',
      'Transpose',
    ]);
  });

  it.each<[string, Initializer]>([
    ['one value a channel', weight('k', [5, 1, 1])],
    ['one value a channel, of full rank', weight('k', [1, 5, 1, 1])],
    ['a row', weight('k', [4])],
    ['a plane', weight('k', [3, 4])],
    ['all', weight('k', [2, 5, 3, 4])],
    ['one value', weight('k', [])],
    ['one value of some rank', weight('k', [1, 1])],
  ])('turns a constant of %s', async (_, given) => {
    for (const operator of ['Add', 'Sub', 'Div', 'Max']) {
      const nodes = [node(operator, ['first', 'k'], 'a'), node(operator, ['k', 'a'], 'end')];
      const after = await same(cancelTransposes, between(nodes, [given]));
      expect(operators(after)).toEqual([operator, operator, 'Identity']);
      // It is turned once, and not at all where there is nothing to turn.
      expect(after.initializers.size).toBe(1);
    }
  });

  it('turns a constant for each of two orders on its own, and keeps what others take', async () => {
    const other = [3, 0, 1, 2];
    const nodes = [
      turn('x', 'a', toFirst),
      node('Mul', ['a', 'k'], 'b'),
      turn('b', 'y', toLast),
      turn('z', 'c', other),
      node('Mul', ['c', 'k'], 'd'),
      turn('d', 'w', [1, 2, 3, 0]),
      node('Relu', ['k'], 'v'),
    ];
    const graph = graphOf(
      { x: [2, 3, 4, 5], z: [5, 3, 4, 2] },
      nodes,
      ['y', 'w', 'v'],
      [weight('k', [2, 5, 3, 4])],
    );
    const after = await same(cancelTransposes, graph);
    expect(count(after, 'Transpose')).toBe(0);
    expect(after.initializers.size).toBe(3);
  });

  it('turns integers too', async () => {
    const k = constant(
      'k',
      [3, 4],
      BigInt64Array.from({ length: 12 }, (_, i) => BigInt(i)),
      'int64',
    );
    const nodes = [
      node('Cast', ['first'], 'whole', { to: 7 }),
      node('Add', ['whole', 'k'], 'sum'),
      node('Cast', ['sum'], 'end', { to: 1 }),
    ];
    expect(count(await same(cancelTransposes, between(nodes, [k])), 'Transpose')).toBe(0);
  });

  it('goes through an operator whose optional inputs are left out', async () => {
    const nodes = [node('Clip', ['first', '', 'most'], 'end')];
    const after = await same(cancelTransposes, between(nodes, [weight('most', [], [0, 1])]));
    expect(operators(after)).toEqual(['Clip', 'Identity']);
  });

  it('goes through sums of values that are turned alike', async () => {
    const nodes = [
      turn('x', 'a', toFirst),
      turn('z', 'b', toFirst),
      node('Sum', ['a', 'b', 'a'], 'c'),
      node('Sub', ['b', 'c'], 'd'),
      turn('d', 'y', toLast),
    ];
    const after = await same(cancelTransposes, graphOf({ x: shape, z: shape }, nodes, ['y']));
    expect(operators(after)).toEqual(['Sum', 'Sub', 'Identity']);
  });

  it.each([
    // Of a cube, where nothing but the values tells one order from another.
    [{ x: [3, 3, 3], z: [3, 3, 3] }, [1, 2, 0], [2, 0, 1]],
    [{ x: [3, 4, 5], z: [4, 3, 5] }, [1, 2, 0], [0, 2, 1]],
  ])('does not mix values that are turned differently: %j', async (inputs, one, another) => {
    const nodes = [
      turn('x', 'a', one),
      turn('z', 'b', another),
      node('Sub', ['a', 'b'], 'c'),
      node('Exp', ['a'], 'd'),
      turn('c', 'y', [2, 0, 1]),
      turn('d', 'w', [2, 0, 1]),
    ];
    await same(cancelTransposes, graphOf(inputs, nodes, ['y', 'w']));
  });

  it('does not mix a value that is turned with one that is not, nor with a constant of more axes', async () => {
    const beside = between([node('Sub', ['first', 'z'], 'end')], [], { z: [2, 5, 3, 4] });
    expect(operators(await same(cancelTransposes, beside))).toEqual(operators(beside));
    const k = weight('k', [2, 1, 5, 3, 4]);
    const nodes = [
      turn('x', 'first', toFirst),
      node('Sub', ['first', 'k'], 'more'),
      turn('more', 'y', [4, 3, 2, 1, 0]),
    ];
    expect(operators(await same(cancelTransposes, graphOf({ x: shape }, nodes, ['y'], [k])))).toEqual([
      'Transpose',
      'Sub',
      'Transpose',
    ]);
  });

  it('computes a turned value once for all who need it as it is', async () => {
    const nodes = [
      turn('x', 'a', toFirst),
      node('Softmax', ['a'], 'p', { axis: 1 }),
      node('GlobalAveragePool', ['a'], 'q'),
      node('Relu', ['a'], 'b'),
      turn('b', 'y', toLast),
    ];
    const after = await same(cancelTransposes, graphOf({ x: shape }, nodes, ['y', 'p', 'q', 'a']));
    expect(operators(after).sort()).toEqual([
      'GlobalAveragePool',
      'Identity',
      'Relu',
      'Softmax',
      'Transpose',
    ]);
  });

  it('turns before one that says no order, which turns all axes', async () => {
    const nodes = [
      turn('x', 'a', toFirst),
      node('Relu', ['a'], 'b'),
      turn('b', 'w', toLast),
      node('Transpose', ['a'], 'y'),
    ];
    await same(cancelTransposes, graphOf({ x: shape }, nodes, ['y', 'w']));
  });

  it('gives graphs inside nodes what they take from around them', async () => {
    const branch = (name: string, operator: string, value: string): Graph => ({
      ...graphOf({}, [node(operator, [value], `${name}/y`)], [`${name}/y`]),
      name,
    });
    // One takes a value that is turned, one a value that was turned back.
    const nodes = [
      turn('x', 'a', toFirst),
      node('Relu', ['a'], 'b'),
      turn('b', 'c', toLast),
      node('If', ['yes'], 'y', {
        then_branch: { graph: branch('then', 'Neg', 'b') },
        else_branch: { graph: branch('else', 'Exp', 'c') },
      }),
      node('If', ['no'], 'w', {
        then_branch: { graph: branch('then2', 'Neg', 'b') },
        else_branch: { graph: branch('else2', 'Exp', 'c') },
      }),
    ];
    const flags = [
      constant('yes', [], Uint8Array.of(1), 'bool'),
      constant('no', [], Uint8Array.of(0), 'bool'),
    ];
    await same(cancelTransposes, graphOf({ x: shape }, nodes, ['y', 'w'], flags));
  });

  it('leaves those where they are that cancel with none, beside others that do', async () => {
    const nodes = [
      turn('x', 'a', toFirst),
      node('Exp', ['a'], 'b'),
      node('GlobalAveragePool', ['b'], 'w'),
      turn('z', 'c', toFirst),
      node('Neg', ['c'], 'd'),
      turn('d', 'y', toLast),
    ];
    const after = await same(cancelTransposes, graphOf({ x: shape, z: shape }, nodes, ['y', 'w']));
    expect(operators(after)).toEqual(['Transpose', 'Exp', 'GlobalAveragePool', 'Neg', 'Identity']);
    const alone = graphOf({ x: shape }, nodes.slice(0, 3), ['w']);
    expect(cancelTransposes.apply(alone).nodes).toEqual(alone.nodes);
  });
});
