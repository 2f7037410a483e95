import { expect, it } from 'vitest';
import { difference, randomTensor, run } from '../../../bench/values.ts';
import { raiseOpset } from '../../../exporters/onnx/raise-opset.ts';
import type { Graph, GraphNode } from '../../../src/onnx/graph.ts';
import type { Model } from '../../../src/onnx/model.ts';
import { serializeModel } from '../../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { constant, graphOf, integers, node } from './passes/graphs.ts';

const model = (graph: Graph, opset: number): Model => ({
  ...{ graph, irVersion: 8, opsets: new Map([['', opset]]), producer: { name: 'test', version: '' } },
  metadata: new Map(),
});

/** As many exporters write them: nodes need no names. */
const nameless = (...given: Parameters<typeof node>): GraphNode => ({ ...node(...given), name: '' });

const branch = (axis: number, output: string) =>
  graphOf({}, [nameless('ReduceMean', ['x'], output, { axes: [axis], keepdims: 0 })], [output]);

/** Reductions over different axes, of which some are inside a branch, and a Split in equal parts. */
const graph = graphOf(
  { x: [4, 6] },
  [
    nameless('ReduceMax', ['x'], 'tallest', { axes: [0], keepdims: 0 }),
    nameless('ReduceMin', ['x'], 'least', { axes: [1] }),
    nameless('ReduceL2', ['x'], 'length', { keepdims: 0 }),
    nameless('ReduceSum', ['x', 'rows'], 'sum', { keepdims: 0 }),
    { ...nameless('Split', ['x'], 'left', { axis: 1 }), outputs: ['left', 'right'] },
    nameless('If', ['isTall'], 'chosen', {
      then_branch: { graph: branch(0, 'mean') },
      else_branch: { graph: branch(1, 'other') },
    }),
  ],
  ['tallest', 'least', 'length', 'sum', 'left', 'right', 'chosen'],
  [constant('isTall', [], Uint8Array.of(1), 'bool'), integers('rows', [0])],
);

it.each([
  [13, 18],
  [17, 18],
  [13, 17],
  [15, 20],
  [18, 21],
])('a graph of opset %i computes the same in opset %i', async (from, to) => {
  // Opset 18 itself is written by hand of what it raises.
  const given = from < 18 ? model(graph, from) : raiseOpset(model(graph, 17), from, 'given', '');
  const raised = raiseOpset(given, to, 'the graph', 'as asked');
  expect(raised.opsets.get('')).toBe(to);
  const outputs = async (each: Model) =>
    run(nodeRuntime, serializeModel(each).whole(), [randomTensor([4, 6], 'x')]);
  const [before, after] = [await outputs(given), await outputs(raised)];
  expect(before).toHaveLength(graph.outputs.length);
  after.forEach((output, i) => {
    expect(output.shape).toEqual(before[i].shape);
    expect(difference(output, before[i])).toBe(0);
  });
});

it.each<[string, Model, number, RegExp]>([
  [
    'is older than 13',
    model(graph, 12),
    18,
    /^the graph must be of operator set 18, as asked; received operator set 12; export it again with operator set 18$/,
  ],
  ['is newer', model(graph, 19), 18, /received operator set 19/],
  ['is raised further than was looked at', model(graph, 17), 25, /with operator set 24$/],
  [
    'holds what has changed, in a branch',
    model(
      graphOf(
        { x: [1] },
        [
          nameless('If', ['c'], 'y', {
            then_branch: { graph: graphOf({}, [nameless('DFT', ['x'], 'a')], ['a']) },
            else_branch: { graph: graphOf({}, [nameless('Abs', ['x'], 'b')], ['b']) },
          }),
        ],
        ['y'],
      ),
      17,
    ),
    20,
    /operator set 17, with If, which has changed since/,
  ],
])('a graph that %s is refused', (_, given, to, message) => {
  expect(() => raiseOpset(given, to, 'the graph', 'as asked')).toThrow(message);
});

it('a graph of the set that is asked for is left as it is', () => {
  const given = model(graph, 12);
  expect(raiseOpset(given, 12, 'the graph', 'as asked')).toBe(given);
});
