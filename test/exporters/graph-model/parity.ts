/** What parity tests of GraphModels share. */
import type { GraphModel } from '../../../exporters/graph-model/graph-model.ts';
import type { RunnableGraphModel } from '../../../models/graph-model-file.ts';
import { type Tensor, tensor } from '../../../src/core/tensor.ts';
import { goldenGraphs } from '../golden.ts';
import { tf } from '../onnx/parity.ts';

/** What tfjs gives, output by output. */
export async function executed(
  runnable: RunnableGraphModel,
  { inputs, outputs }: Pick<GraphModel, 'inputs' | 'outputs'>,
  given: readonly Tensor[],
): Promise<Tensor[]> {
  const feeds = inputs.map(({ node, dtype }, i) => [
    node,
    tf.tensor(given[i].data, [...given[i].shape], dtype),
  ]);
  const names = outputs.map(({ tensor: { node, index } }) => `${node}:${index}`);
  const results = await runnable.execute(Object.fromEntries(feeds), names);
  return results.map((result) => tensor(result.dataSync() as Float32Array, result.shape));
}

export const golden = goldenGraphs('graph-model-graphs.json');
