import { expect, it } from 'vitest';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  parameterCount,
  producers,
  renameValues,
  replaceNodes,
  useCounts,
} from '../../src/onnx/graph.ts';
import { fc } from '../properties.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const name = fc.constantFrom(...names);
const port = (name: string) => ({ name, dtype: 'float32' as const, shape: [1] });
const initializer = (name: string) => ({
  ...{ name, dtype: 'float32' as const, shape: [2, 3], learnt: name < 'd' },
  data: () => new Float32Array(6),
});

/** Graphs whose values are few, so that nodes use one another's, and graphs inside take from those around. */
const { graph } = fc.letrec<{ graph: Graph; node: GraphNode }>((tie) => ({
  node: fc
    .record({
      inputs: fc.array(fc.oneof(name, fc.constant('')), { maxLength: 3 }),
      outputs: fc.uniqueArray(fc.oneof(name, fc.constant('')), { maxLength: 2 }),
      inside: fc.oneof(
        { maxDepth: 2 },
        fc.constant([]),
        fc.array(tie('graph'), { minLength: 1, maxLength: 2 }),
      ),
      isPlain: fc.boolean(),
    })
    .map(
      ({ inside, isPlain, ...node }): GraphNode => ({
        ...{ name: '', operator: 'If', ...node },
        attributes:
          inside.length === 1 && isPlain
            ? { body: { graph: inside[0] }, axis: 1 }
            : { bodies: { graphs: inside } },
      }),
    ),
  graph: fc
    .record({
      nodes: fc.array(tie('node'), { maxLength: 4 }),
      constants: fc.uniqueArray(name, { maxLength: 3 }),
      ...{ inputs: fc.uniqueArray(name, { maxLength: 2 }), outputs: fc.uniqueArray(name, { maxLength: 2 }) },
    })
    .map(({ nodes, constants, inputs, outputs }) => ({
      ...{ name: 'g', nodes, inputs: inputs.map(port), outputs: outputs.map(port) },
      initializers: new Map(constants.map((name) => [name, initializer(name)])),
    })),
}));

/** What a graph uses of the names around it, name by name. */
function taken(graph: Graph, name: string): number {
  const isOwn =
    graph.inputs.some((one) => one.name === name) ||
    graph.initializers.has(name) ||
    graph.nodes.some(({ outputs }) => outputs.includes(name));
  return isOwn ? 0 : uses(graph, name);
}

function uses({ nodes, outputs }: Graph, name: string): number {
  const inNodes = nodes.map((node) => {
    const graphs = Object.values(node.attributes).flatMap((value) => {
      if (typeof value !== 'object' || Array.isArray(value)) return [];
      return 'graphs' in value ? value.graphs : 'graph' in value ? [value.graph] : [];
    });
    const inside = graphs.map((one) => taken(one, name));
    return [...node.inputs.map((input) => (input === name ? 1 : 0)), ...inside].reduce((a, b) => a + b, 0);
  });
  return inNodes.reduce((a, b) => a + b, 0) + outputs.filter((one) => one.name === name).length;
}

it('counts each use of a value, in graphs inside nodes too, but not what is their own', () => {
  fc.assert(
    fc.property(graph, (graph) => {
      const expected = names.flatMap((name) =>
        uses(graph, name) > 0 ? [[name, uses(graph, name)] as const] : [],
      );
      expect(useCounts(graph)).toEqual(new Map(expected));
    }),
  );
});

it('renaming changes uses along with values, and back again to what was', () => {
  const there = (name: string) => (name === '' ? '' : `${name}!`);
  const back = (name: string) => name.replace(/!$/, '');
  fc.assert(
    fc.property(graph, (graph) => {
      const renamed = renameValues(graph, there);
      expect(renameValues(renamed, back)).toEqual(graph);
      // The graph's own outputs and initialisers keep their names.
      const open = { ...graph, outputs: [] };
      const counts = useCounts(renameValues(open, there));
      expect(counts).toEqual(new Map([...useCounts(open)].map(([name, count]) => [there(name), count])));
    }),
  );
});

it('only initialisers that nothing uses are dropped, and once', () => {
  fc.assert(
    fc.property(graph, (graph) => {
      const dropped = dropUnusedInitializers(graph);
      const kept = [...graph.initializers.keys()].filter((name) => uses(graph, name) > 0);
      expect([...dropped.initializers.keys()]).toEqual(kept);
      expect(dropUnusedInitializers(dropped)).toBe(dropped);
      const learnt = kept.filter((name) => name < 'd');
      expect(parameterCount(dropped)).toBe(6 * learnt.length);
    }),
  );
});

it('a value is made by the last node that gives it, and nodes that are replaced or removed are the only ones that change', () => {
  fc.assert(
    fc.property(graph, fc.nat(3), fc.boolean(), (graph, index, isRemoved) => {
      const made = producers(graph);
      for (const name of [...names, '']) {
        const node = graph.nodes.findLast(({ outputs }) => outputs.includes(name));
        expect(made.get(name)).toBe(name === '' ? undefined : node);
      }
      const node = graph.nodes[index];
      fc.pre(node !== undefined);
      const other = { ...node, operator: 'Other' };
      const { nodes } = replaceNodes(graph, new Map([[node, isRemoved ? null : other]]));
      expect(nodes).toEqual(isRemoved ? graph.nodes.toSpliced(index, 1) : graph.nodes.with(index, other));
    }),
  );
});
