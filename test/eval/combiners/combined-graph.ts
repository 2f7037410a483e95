import type { Combination } from '../../../eval/combiners/combiner.ts';
import { tensor } from '../../../src/core/tensor.ts';
import { modelOf } from '../../../src/onnx/model.ts';
import { NodeWriter } from '../../../src/onnx/node-writer.ts';
import { serializeModel } from '../../../src/onnx/serialize.ts';
import type { Runtime } from '../../../src/runtime/session.ts';

/** What a combination answers as a graph of its own, whose inputs are the members' answers. */
export async function answersInOnnx(
  runtime: Runtime,
  combination: Combination,
  answers: readonly Float32Array[],
  samples: number,
): Promise<Float32Array> {
  const graph = new NodeWriter(new Map());
  const names = answers.map((_, i) => `answers_${i}`);
  combination.toOnnx(graph, names, 'combined');
  const shapes = answers.map(({ length }) => length / samples);
  const model = modelOf(
    {
      name: 'combiner',
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: names.map((name, i) => ({ name, dtype: 'float32', shape: ['N', shapes[i]] })),
      outputs: [{ name: 'combined', dtype: 'float32', shape: ['N', combination.labels.length] }],
    },
    { name: 'test', version: '' },
  );
  const opsets = new Map([...model.opsets, ['ai.onnx.ml', 3]]);
  const session = await runtime.open(serializeModel({ ...model, opsets }).whole());
  try {
    const feeds = answers.map((data, i) => [names[i], tensor(data, [samples, shapes[i]])]);
    const { combined } = await session.run(Object.fromEntries(feeds));
    return Float32Array.from(combined.data);
  } finally {
    await session.release();
  }
}
