import { describe, expect, it } from 'vitest';
import { dropIdentities } from '../../../../exporters/onnx/passes/drop-identities.ts';
import type { Graph, GraphNode } from '../../../../src/onnx/graph.ts';
import { constant, graphOf, node, operators, outputsOf, same, weight } from './graphs.ts';

const x = { x: [2, 3] };
const identity = (input: string, output: string) => node('Identity', [input], output);

/** With a mask beside its output; told to train, or not, or not told. */
const dropout = (output: string, training?: string): GraphNode => ({
  ...node('Dropout', ['x', ...(training ? ['', training] : [])], output),
  outputs: [output, `${output}/mask`],
});
const flag = (name: string, value: number) => constant(name, [], Uint8Array.of(value), 'bool');

describe('dropIdentities', () => {
  it.each<[string, GraphNode[], string[], string[]]>([
    [
      'between nodes, one after the other',
      [
        node('Neg', ['x'], 'a'),
        identity('a', 'b'),
        identity('b', 'c'),
        node('Exp', ['c'], 'y'),
        node('Sub', ['a', 'b'], 'w'),
      ],
      ['y', 'w'],
      ['Neg', 'Exp', 'Sub'],
    ],
    [
      'before an output, whose name others then take',
      [
        node('Neg', ['x'], 'a'),
        identity('a', 'b'),
        identity('b', 'y'),
        node('Exp', ['a'], 'w'),
        node('Abs', ['b'], 'v'),
      ],
      ['y', 'w', 'v'],
      ['Neg', 'Exp', 'Abs'],
    ],
    ['of an input', [identity('x', 'a'), node('Exp', ['a'], 'y')], ['y'], ['Exp']],
    ['of a dropout', [dropout('a'), node('Neg', ['a'], 'b'), identity('b', 'y')], ['y'], ['Neg']],
  ])('removes those %s', async (_, nodes, outputs, left) => {
    expect(operators(await same(dropIdentities, graphOf(x, nodes, outputs)))).toEqual(left);
  });

  it.each<[string, GraphNode[], string[], number]>([
    [
      'makes a second output of a value',
      [node('Neg', ['x'], 'a'), identity('a', 'y'), identity('a', 'w')],
      ['y', 'w'],
      1,
    ],
    ['makes an output of another output', [node('Neg', ['x'], 'y'), identity('y', 'w')], ['y', 'w'], 1],
    ['makes an output of an input', [identity('x', 'y')], ['y'], 1],
    ['makes an output of a constant', [identity('k', 'y')], ['y'], 1],
  ])('keeps one that %s', async (_, nodes, outputs, kept) => {
    const after = await same(dropIdentities, graphOf(x, nodes, outputs, [weight('k', [2])]));
    expect(operators(after).filter((name) => name === 'Identity')).toHaveLength(kept);
  });

  it('keeps a dropout whose mask is used, or that is told to train', async () => {
    const mask = [dropout('a'), node('Cast', ['a/mask'], 'w', { to: 1 }), node('Neg', ['a'], 'y')];
    expect(operators(await same(dropIdentities, graphOf(x, mask, ['y', 'w'])))).toContain('Dropout');
    const told = (training: string) => [dropout('a', training), node('Neg', ['a'], 'y')];
    const flags = [flag('yes', 1), flag('no', 0)];
    const inferring = graphOf(x, told('no'), ['y'], flags);
    expect(operators(await same(dropIdentities, inferring))).toEqual(['Neg']);
    // What it gives is drawn anew each time.
    for (const training of [told('yes'), [node('Not', ['no'], 'maybe'), ...told('maybe')]]) {
      const graph = graphOf(x, training, ['y'], flags);
      expect(dropIdentities.apply(graph)).toBe(graph);
    }
  });

  it('gives graphs inside nodes what they take from around them', async () => {
    const branch = (name: string, value: string): Graph => ({
      ...graphOf({}, [node('Exp', [value], `${name}/y`)], [`${name}/y`]),
      name,
    });
    const nodes = [
      node('Neg', ['x'], 'a'),
      identity('a', 'b'),
      identity('a', 'w'),
      node('If', ['yes'], 'y', {
        then_branch: { graph: branch('then', 'b') },
        else_branch: { graph: branch('else', 'a') },
      }),
    ];
    const graph = graphOf(x, nodes, ['y', 'w'], [flag('yes', 1)]);
    expect(operators(await same(dropIdentities, graph))).toEqual(['Neg', 'If']);
    expect(await outputsOf(graph)).toHaveLength(2);
  });

  it('leaves a graph that has none as it is', () => {
    const graph = graphOf(x, [node('Neg', ['x'], 'y')], ['y']);
    expect(dropIdentities.apply(graph)).toBe(graph);
  });
});
