import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, describe, expect, it } from 'vitest';
import { goldenInputs } from '../../../exporters/golden.ts';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { graphNames } from '../../../jobs/source.ts';
import { resolveSystem, systems } from '../../../models/index.ts';
import { tfjsReference } from '../../../models/reference.ts';
import { inputsOf } from '../../../models/system.ts';
import { UserError } from '../../../src/core/errors.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { imagenetNormalization } from '../../../src/core/normalization.ts';
import { graphInputsOf } from '../../../src/inputs/plan.ts';
import { defineConverter } from '../../../src/onnx/converter.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { exportedModel } from '../random-run.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from './parity.ts';

const tinyPresets = systems.all.flatMap(({ presets }) =>
  Object.keys(presets).filter((name) => name.endsWith('-tiny')),
);
const L = tf.layers;

describe.each(tinyPresets)('%s', (preset) => {
  const model = exportedModel(preset);
  const labels = model.outputs[0].shape[1] as number;
  const outputs = ['probabilities', 'attention'].slice(0, model.outputs.length);
  const { system, config } = resolveSystem(preset);
  const named = graphNames(inputsOf(system, config));
  const inputs = graphInputsOf(named);
  const onnx = exportOnnx(model, { inputs, outputs });
  const graph = onnx.bytes();
  const golden = goldenInputs(named);
  afterAll(() => {
    model.dispose();
  });

  it('takes its inputs in any batch, of frames as uint8, and gives the named outputs', () => {
    expect(onnx.inputs).toEqual(
      inputs.map(({ name, normalization }, i) => ({
        ...{ name, dtype: normalization ? 'uint8' : 'float32' },
        shape: ['N', ...model.inputs[i].shape.slice(1)],
      })),
    );
    expect(inputs.length === 1 && inputs[0].normalization ? inputs[0].name : 'frames').toBe('frames');
    expect(onnx.outputs.map(({ name }) => name)).toEqual(outputs);
    expect(onnx.outputs[0].shape).toEqual(['N', labels]);
  });

  it('has one transpose, at the input, and neither batch norms nor paddings, where clips stay whole', () => {
    const whole = exportOnnx(model, { inputs, outputs, target: 'cpu' });
    const operators = whole.graph.nodes.map(({ operator }) => operator);
    if (inputs[0].normalization) {
      const isClip = model.inputs[0].shape.length === 5;
      const beginning = isClip
        ? ['Reshape', 'Cast', 'Mul', 'Add', 'Reshape']
        : ['Transpose', 'Cast', 'Mul', 'Add'];
      expect(operators.slice(0, beginning.length)).toEqual(beginning);
    }
    expect(operators.filter((name) => name === 'Transpose')).toHaveLength(inputs.length);
    // A batch norm behind a ReLU, as Keras's networks have it, has no convolution before it to go into.
    const behindRelu = model.layers.filter(({ name }) => /^(features|flow)\.bn/.test(name)).length;
    const of = (operator: string) => operators.filter((name) => name === operator).length;
    expect([of('BatchNormalization'), of('Pad'), of('Identity')]).toEqual([behindRelu, 0, 0]);
  });

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name, batched and alone', async (runtime) => {
    const expected = await tfjsReference(model as never, outputs, inputs)(golden);
    const together = await run(runtime, graph, Object.values(golden));
    together.forEach((output, i) => {
      expect(difference(output, expected[outputs[i]])).toBeLessThan(1e-5);
    });
    const last = Object.values(golden).map((input) => {
      const data = input.data.slice((2 * input.data.length) / 3);
      return { ...input, shape: [1, ...input.shape.slice(1)], data };
    });
    const [alone] = await run(runtime, graph, last);
    expect(alone.shape).toEqual([1, labels]);
    expect(difference(alone, { ...alone, data: together[0].data.slice(2 * labels) })).toBeLessThan(1e-6);
    // A system whose outputs do not depend on its input would pass all of this.
    expect(difference({ ...alone, data: together[0].data.slice(0, labels) }, alone)).toBeGreaterThan(1e-4);
  });

  it('is byte for byte the same when exported again, from a model built again', async () => {
    const again = exportedModel(preset);
    expect(await sha256(exportOnnx(again, { inputs, outputs }).bytes())).toBe(await sha256(graph));
    again.dispose();
  });
});

describe('exportOnnx', () => {
  const image = (build: (x: SymbolicTensor) => unknown): LayersModel => {
    const x = tf.input({ shape: [6, 5, 3], name: 'x' });
    return tf.model({ inputs: x, outputs: build(x) as SymbolicTensor, name: 'case' });
  };

  it('names nodes and weights after their layers, through nested models', () => {
    const inner = tf.sequential({
      name: 'encoder',
      layers: [L.conv2d({ name: 'block.conv1', filters: 2, kernelSize: 1, inputShape: [6, 5, 3] })],
    });
    const { graph } = exportOnnx(image((x) => inner.apply(x)));
    expect(graph.nodes.map(({ name }) => name)).toContain('encoder/block.conv1/Conv');
    expect([...graph.initializers.keys()]).toEqual([
      'encoder/block.conv1.kernel',
      'encoder/block.conv1.bias',
    ]);
  });

  it('writes its chunks and its whole alike, as long as announced', () => {
    const onnx = exportOnnx(image((x) => L.conv2d({ filters: 2, kernelSize: 1 }).apply(x)));
    const chunks = Buffer.concat([...onnx.chunks()].map((chunk) => chunk.slice()));
    expect(new Uint8Array(chunks)).toEqual(onnx.bytes());
    expect(onnx.byteLength).toBe(chunks.length);
  });

  class Triple extends L.Layer {
    static readonly className: string = 'Triple';
    override call(x: never) {
      return tf.mul(Array.isArray(x) ? x[0] : x, 3);
    }
  }
  class Unknown extends Triple {
    static override readonly className = 'Unknown';
  }

  it('converts a custom layer by the converter defined for its class, and by the latest one', async () => {
    const model = image((x) => new Triple({ name: 'triple' }).apply(x));
    const input = randomTensor([2, 6, 5, 3], 'triple');
    defineConverter('Triple', (_layer, [x], graph) =>
      graph.node('Mul', [x, graph.constant(Float32Array.of(2), [])]),
    );
    const [wrong] = await run(nodeRuntime, exportOnnx(model).bytes(), [input]);
    expect(difference(wrong, predict(model, [input])[0])).toBeGreaterThan(0.1);
    defineConverter('Triple', (_layer, [x], graph) => graph.node('Sum', [x, x, x]));
    const [right] = await run(nodeRuntime, exportOnnx(model).bytes(), [input]);
    expect(difference(right, predict(model, [input])[0])).toBeLessThan(1e-6);
  });

  it('says whose converter failed, and how', () => {
    const model = image((x) => new Triple({ name: 'triple' }).apply(x));
    defineConverter('Triple', (layer, [x], graph) => graph.node('Mul', [x, layer.weights[0].name as never]));
    expect(() => exportOnnx(model)).toThrow(
      /the converter of the layer "triple" of class Triple, after "x", failed; received Cannot read prop.*; mend it/,
    );
    defineConverter('Triple', () => undefined as never);
    expect(() => exportOnnx(model)).toThrow(
      /"triple".* failed; received a result that is no value of the graph/,
    );
  });

  it('says of an unknown layer what and where it is, and what to do', () => {
    const model = image((x) =>
      new Unknown({ name: 'mystery' }).apply(L.reLU({ name: 'relu' }).apply(x) as SymbolicTensor),
    );
    expect(() => exportOnnx(model)).toThrow(UserError);
    expect(() => exportOnnx(model)).toThrow(
      /the layer "mystery" of class Unknown, after "relu", has no converter to ONNX; register one .*defineConverter\('Unknown'/,
    );
  });

  it.each<[string, (x: SymbolicTensor) => unknown, RegExp]>([
    [
      'a dilation that tfjs ignores',
      (x) => L.depthwiseConv2d({ name: 'dw', kernelSize: 2, dilationRate: 2 }).apply(x),
      /layer "dw" of class DepthwiseConv2D, .*dilationRate \[2,2\], which tfjs ignores/,
    ],
    [
      'a norm over an axis between',
      (x) => L.batchNormalization({ name: 'bn', axis: 2 }).apply(x),
      /layer "bn" .*after "x", .*normalisation over axis 2 of 4/,
    ],
  ])('refuses %s', (_, build, message) => {
    expect(() => exportOnnx(image(build))).toThrow(UserError);
    expect(() => exportOnnx(image(build))).toThrow(message);
  });

  it('refuses frames for models that do not take them, and names that do not fit the outputs', () => {
    const dense = tf.sequential({ layers: [L.dense({ units: 2, inputShape: [4] })] });
    expect(() => exportOnnx(dense, { frames: imagenetNormalization })).toThrow(
      /received an input of shape \[any,4\]/,
    );
    const two = image((x) => x);
    expect(() => exportOnnx(two, { outputs: ['a', 'b'] })).toThrow(
      /has 1 outputs?, each wants a name.*received a, b/,
    );
  });

  it('reads weights when the file is written, not before', () => {
    const model = image((x) => L.conv2d({ name: 'conv', filters: 2, kernelSize: 1 }).apply(x));
    seedWeights(model, 'first');
    const onnx = exportOnnx(model);
    const before = onnx.bytes();
    seedWeights(model, 'second');
    expect(onnx.bytes()).not.toEqual(before);
    expect(onnx.bytes()).toEqual(exportOnnx(model).bytes());
  });
});
