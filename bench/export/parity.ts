/** How close the graphs of well-known tfjs architectures come to tfjs itself, with random weights. */
import { table } from '../../cli/table.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { tf } from '../../models/tf.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { architectures } from '../architectures.ts';
import { absoluteDifference, predict, run, seedWeights } from '../compare.ts';

export async function compareParity(): Promise<void> {
  const runtimes = [nodeRuntime, webRuntime()];
  const rows: (string | number)[][] = [];
  for (const { name, build, inputs: makeInputs } of architectures) {
    const model = build();
    seedWeights(model, name);
    const inputs = makeInputs();
    const expected = predict(model, inputs);
    const onnx = exportOnnx(model);
    const differences: string[] = [];
    for (const runtime of runtimes) {
      const actual = await run(runtime, onnx.bytes(), inputs);
      const compared = actual.map((output, i) => absoluteDifference(output, expected[i]));
      differences.push(Math.max(...compared.map(({ difference }) => difference)).toExponential(1));
    }
    const largest = Math.max(...expected.flatMap(({ data }) => [...data].map(Math.abs)));
    rows.push([
      name,
      onnx.graph.nodes.length,
      onnx.parameters,
      onnx.byteLength,
      largest.toPrecision(2),
      ...differences,
    ]);
    model.dispose();
  }
  const versions = runtimes.map(({ name, version }) => `${name} ${version}`);
  console.log(`largest absolute difference from tfjs's ${tf.getBackend()} backend, any output`);
  console.log(table(['Model', 'Nodes', 'Parameters', 'Bytes', 'Largest value', ...versions], rows));
}
