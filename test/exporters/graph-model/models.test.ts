import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { readModelJson } from '../../../src/node/model-json-file.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { difference, randomTensor, run } from '../onnx/parity.ts';
import { executed, golden } from './parity.ts';

const folder = new URL('../../golden/graph-models/', import.meta.url).pathname;

/** Of models that do more than to take a frame and move its channels. */
const transposes: Readonly<Record<string, number>> = { video: 4, clip3d: 4, transformer: 5 };

/** Written by tensorflowjs_converter: test/golden/graph-models.py. */
describe.each(readdirSync(folder))('%s', (name) => {
  let graph: Uint8Array;
  let operators: string[];
  let inputs: Tensor[];
  let expected: Tensor[];

  beforeAll(async () => {
    const file = await readModelJson(join(folder, name, 'model.json'));
    const model = parseGraphModel(file.json, file.shards, file.path);
    // Other targets have clips in other forms.
    const onnx = exportGraphOnnx(model, { target: 'cpu' });
    graph = onnx.bytes();
    operators = onnx.graph.nodes.map(({ operator }) => operator);
    inputs = model.inputs.map(({ shape }, i) => {
      const extents = shape.map((extent, axis) => extent ?? (axis === 0 ? 2 : 30 + axis));
      return randomTensor(extents, `${name}/${i}`);
    });
    expected = await executed(await graphModelOf(file), model, inputs);
  });

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name', async (runtime) => {
    const actual = await run(runtime, graph, inputs);
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach((output, i) => {
      expect(difference(output, expected[i])).toBeLessThan(2e-5);
    });
  });

  it('has its shapes worked out, and no transposes but those of its input and of time', () => {
    const count = (operator: string) => operators.filter((one) => one === operator).length;
    for (const operator of ['BatchNormalization', 'Identity']) expect(count(operator)).toBe(0);
    // What is resized, or made in the likeness of something, has as many samples as there are.
    expect(count('Shape')).toBe(count('Resize') + count('Expand'));
    expect(count('Transpose')).toBe(transposes[name] ?? 1);
  });

  it('is the graph that the ONNX checker has passed', async () => {
    await golden(`graph-model ${name}`, graph, inputs, expected);
  });
});
