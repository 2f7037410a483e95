import { describe, expect, it } from 'vitest';
import { architectures } from '../../../bench/architectures.ts';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { absoluteDifference, predict, run, seedWeights } from './parity.ts';

/** What each graph must be made of: recurrent layers as one node each, norms folded, no layer unrolled. */
const operators: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'LSTM text generation': { LSTM: 2, Gemm: 1, Softmax: 1, Scan: 0 },
  'Sentiment (masked bidirectional LSTM)': { LSTM: 2, Gather: 1, Gemm: 1, Sigmoid: 1 },
  'MobileNet v1, 0.25, 128²': { Conv: 28, BatchNormalization: 0, Pad: 0, Clip: 27 },
  'ACGAN generator': { ConvTranspose: 3, Gather: 1, Gemm: 1 },
  'Date conversion (attention seq2seq)': { LSTM: 2, Softmax: 2 },
  'Next frame (stacked ConvLSTM2D)': { Scan: 2, LayerNormalization: 1 },
};

describe.each(architectures)('$name', ({ name, build, inputs: makeInputs }) => {
  const model = build();
  seedWeights(model, name);
  const inputs = makeInputs();
  const expected = predict(model, inputs);
  const onnx = exportOnnx(model);

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name', async (runtime) => {
    const actual = await run(runtime, onnx.bytes(), inputs);
    expect(actual).toHaveLength(expected.length);
    actual.forEach((output, i) => {
      const { difference, largestValue } = absoluteDifference(output, expected[i]);
      expect(difference).toBeLessThan(2e-5 * largestValue);
    });
    // Outputs that do not depend on the sample would pass all of this.
    const [first] = actual;
    const half = first.data.length / 2;
    expect(first.data.slice(0, half)).not.toEqual(first.data.slice(half));
  });

  it('is a graph of few operators', () => {
    const counts: Record<string, number> = {};
    for (const { operator } of onnx.graph.nodes) counts[operator] = (counts[operator] ?? 0) + 1;
    for (const [operator, count] of Object.entries(operators[name])) {
      expect([operator, counts[operator] ?? 0]).toEqual([operator, count]);
    }
  });
});
