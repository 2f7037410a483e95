import { describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { difference, randomTensor, run } from '../onnx/parity.ts';
import { type AttributeList, GraphDef } from './graph-def.ts';
import { mattingGraph } from './matting-graph.ts';
import { executed } from './parity.ts';

const scalar = (value: number): Tensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

describe('a graph of frames of any size, with a state and a ratio of any rank', () => {
  const inputs = (height: number, width: number, state: readonly number[], ratio: number): Tensor[] => [
    randomTensor([2, height, width, 3], `${height}/${width}`),
    randomTensor(state, `state/${state}`),
    scalar(ratio),
  ];
  const first = inputs(12, 16, [1, 1, 1, 1], 0.5);
  const file = mattingGraph(first);
  const { json, shards, path } = file.graph.file(file.outputs);

  it.each([nodeRuntime, webRuntime()])(
    'gives tfjs outputs in $name, by ranks that are given',
    async (runtime) => {
      const rankOf = (input: string) => ({ input1: 4, input2: 0 })[input];
      const model = parseGraphModel(json, shards, path, rankOf);
      expect(model.inputs.map(({ shape }) => shape.length)).toEqual([4, 4, 0]);
      const graph = exportGraphOnnx(model).bytes();
      const runnable = await graphModelOf({ json, shards, path, format: 'graph-model' });
      const runs = [
        first,
        inputs(11, 9, [1, 1, 1, 1], 1),
        inputs(9, 14, [2, 9, 14, 4], 1),
        inputs(13, 10, [1, 1, 1, 4], 0.7),
      ];
      for (const given of runs) {
        const expected = await executed(runnable, model, given);
        const actual = await run(runtime, graph, given);
        expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
        actual.forEach((output, i) => {
          expect(difference(output, expected[i])).toBeLessThan(2e-5);
        });
      }
    },
  );

  it('is refused where nothing says the rank', () => {
    expect(() => parseGraphModel(json, shards, path)).toThrow(
      'the input "input1" of model.json must be a node of known rank and type; received a shape of any rank; give ' +
        'arrays for all inputs with --inputs some.npz, whose ranks are taken, or convert the model with a signature of ' +
        'known shapes',
    );
  });
});

describe('an input of any rank has the shape that operators need', () => {
  const strides = [1, 1, 1, 1];
  const conv = (g: GraphDef, x: string, attributes: AttributeList = {}) =>
    g.op('Conv2D', [x, g.random([3, 3, 5, 4])], { strides, padding: 'SAME', ...attributes });
  const inputShape = (build: (g: GraphDef, x: string) => string) => {
    const g = new GraphDef();
    const x = g.placeholder(randomTensor([1, 6, 6, 5], 'any'), 'any rank');
    const { json, shards, path } = g.file([build(g, x)]);
    return parseGraphModel(json, shards, path).inputs[0].shape;
  };

  it.each<[string, (g: GraphDef, x: string) => string, readonly (number | null)[]]>([
    ['a convolution', conv, [null, null, null, 5]],
    [
      'a convolution of scaled pixels',
      (g, x) => conv(g, g.op('Sub', [g.op('RealDiv', [g.op('Identity', [x]), g.float(127.5)]), g.float(1)])),
      [null, null, null, 5],
    ],
    [
      'a convolution of pixels less their means, which may be as many channels as there are or more',
      (g, x) => conv(g, g.op('Sub', [x, g.random([5])])),
      [null, null, null, null],
    ],
    [
      'a convolution of a filled-up image',
      (g, x) => conv(g, g.op('Pad', [x, g.random([4, 2])])),
      Array(4).fill(null),
    ],
    [
      'pooling',
      (g, x) => g.op('MaxPool', [x], { ksize: strides, strides, padding: 'SAME' }),
      Array(4).fill(null),
    ],
    [
      'a product of matrices',
      (g, x) => g.op('MatMul', [x, g.random([7, 2])], { transpose_a: false, transpose_b: false }),
      [null, 7],
    ],
    [
      'a product with a matrix transposed',
      (g, x) => g.op('MatMul', [x, g.random([7, 2])], { transpose_a: false, transpose_b: true }),
      [null, null],
    ],
  ])('for %s', (_, build, shape) => {
    expect(inputShape(build)).toEqual(shape);
  });

  it.each<[string, (g: GraphDef, x: string) => string]>([
    ['a reshape', (g, x) => conv(g, g.op('Reshape', [x, g.ints([1, 6, 6, 5])]))],
    ['a constant of as many axes', (g, x) => conv(g, g.op('AddV2', [x, g.random([1, 6, 6, 5])]))],
    ['what takes any rank', (g, x) => g.op('Relu', [x])],
  ])('but none is guessed through %s', (_, build) => {
    expect(() => inputShape(build)).toThrow(
      /must be a node of known rank and type; received a shape of any rank/,
    );
  });
});
