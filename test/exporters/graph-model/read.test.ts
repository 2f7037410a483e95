import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { defineGraphConverter } from '../../../exporters/graph-model/op.ts';
import { imagenetNormalization } from '../../../src/core/normalization.ts';
import { readModelJson } from '../../../src/node/model-json-file.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { randomTensor, run } from '../onnx/parity.ts';
import { GraphDef } from './graph-def.ts';

/** A graph of one input and the operators given, one on the other. */
function chain(...operators: string[]) {
  const graph = new GraphDef();
  const x = graph.placeholder(randomTensor([2, 4, 4, 3], 'chain'));
  const file = graph.file([operators.reduce((y, operator) => graph.op(operator, [y]), x)]);
  return { ...file, parse: () => parseGraphModel(file.json, file.shards, file.path) };
}

describe('what cannot be exported', () => {
  it('is listed all at once, with counts, an example each and the way out', () => {
    const { parse } = chain('Acosh', 'Histogram', 'BitwiseAnd', 'Histogram', 'Relu');
    expect(() => exportGraphOnnx(parse())).toThrow(
      'operators of model.json have no converter to ONNX; received Histogram (2 times, such as ' +
        '"Histogram2"), BitwiseAnd ("BitwiseAnd3"; ONNX has it from opset 18 on, and graphs are of opset 17); register one for each before exporting: ' +
        "defineGraphConverter('Histogram', 1, (inputs, op) => outputs)",
    );
  });

  it.each([
    ['MatrixBandPart', [1, 2], {}, '1 diagonals below and 2 above: tfjs takes the first for both'],
    ['TopKV2', [9], {}, 'the greatest 9 of 3'],
  ])('names what %s lacks', (operator, scalars, attributes, message) => {
    const g = new GraphDef();
    const x = g.placeholder(randomTensor([2, 4, 4, 3], operator));
    const { json, shards, path } = g.file([
      g.op(operator, [x, ...scalars.map((scalar) => g.ints(scalar))], attributes),
    ]);
    expect(() => exportGraphOnnx(parseGraphModel(json, shards, path))).toThrow(message);
  });

  it.each([
    [{ dilations: [1, 2, 2, 1] }, 'dilations [1,2,2,1], which tfjs ignores in this operator'],
    [{ data_format: 'NCHW' }, 'data_format NCHW, which tfjs ignores in this operator'],
    [{}, 'an extent of 9 from one of 4, in steps of 2'],
  ])('names what a transposed convolution lacks: %j', (attributes, message) => {
    const g = new GraphDef();
    const x = g.placeholder(randomTensor([2, 4, 4, 3], 'transposed'));
    const inputs = [g.ints([2, 9, 8, 5]), g.random([3, 3, 5, 3]), x];
    const { json, shards, path } = g.file([
      g.op('Conv2DBackpropInput', inputs, { strides: [1, 2, 2, 1], padding: 'SAME', ...attributes }),
    ]);
    expect(() => exportGraphOnnx(parseGraphModel(json, shards, path))).toThrow(message);
  });

  it('names the node, its inputs and the option', () => {
    const graph = new GraphDef();
    const x = graph.placeholder(randomTensor([2, 4, 4, 3], 'mirror'));
    const pads = graph.constant(Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0), [4, 2]);
    const { json, shards } = graph.file([graph.op('MirrorPad', [x, pads], { mode: 'WRAP' })]);
    expect(() => exportGraphOnnx(parseGraphModel(json, shards, 'model.json'))).toThrow(
      'the node "MirrorPad2" of operator MirrorPad, on float32 [?,4,4,3], int32 [4,2], in model.json cannot be ' +
        'exported to ONNX; received the mode WRAP; change the model, or override the ' +
        'converter with defineGraphConverter',
    );
  });

  it('is a pooling whose padding may be negative', () => {
    const pooled = (open: readonly number[]) => {
      const graph = new GraphDef();
      const x = graph.placeholder(randomTensor([2, 6, 6, 3], 'pool'), open);
      const options = { ksize: [1, 2, 2, 1], strides: [1, 3, 3, 1], padding: 'SAME' };
      const { json, shards } = graph.file([graph.op('MaxPool', [x], options)]);
      return () => exportGraphOnnx(parseGraphModel(json, shards, 'model.json'));
    };
    expect(pooled([0])).not.toThrow();
    expect(pooled([0, 1])).toThrow(
      "'same' padding of a window [2,2] with longer strides [3,3] on unknown extents",
    );
  });

  it('is a GatherV2 whose batches are not those of its indices, and a OneHot along an axis that tfjs ignores', () => {
    const graph = new GraphDef();
    const x = graph.placeholder(randomTensor([2, 4, 4, 3], 'gather'));
    const indices = graph.constant(Int32Array.of(0, 1, 2, 0), [2, 2]);
    const gather = (axis: number, batch_dims: number) =>
      graph.op('GatherV2', [x, indices, graph.ints(axis)], { batch_dims });
    const attempt = (output: string) => {
      const { json, shards } = graph.file([output]);
      return () => exportGraphOnnx(parseGraphModel(json, shards, 'model.json'));
    };
    expect(attempt(gather(2, 1))).not.toThrow();
    expect(attempt(gather(2, 2))).toThrow('received batch_dims 2');
    expect(attempt(gather(1, 3))).toThrow('received batch_dims 3');
    expect(attempt(gather(0, -1))).toThrow('received batch_dims -1');
    const classes = [indices, graph.ints(3), graph.float(1), graph.float(0)];
    expect(attempt(graph.op('OneHot', classes, { axis: 0 }))).toThrow('received axis 0');
  });

  it('can be defined', async () => {
    defineGraphConverter('Fft', 1, ([x], op) => op.node('Mul', [x, op.constant(Float32Array.of(2), [])]));
    const onnx = exportGraphOnnx(chain('Fft').parse());
    const x = randomTensor([1, 4, 4, 3], 'fft');
    const [y] = await run(nodeRuntime, onnx.bytes(), [x]);
    expect([...y.data]).toEqual([...x.data].map((value) => value * 2));
  });

  it('is a graph with a circle, an input that is no node, or a result that there is not', () => {
    const wrong = (change: (nodes: { input: string[] }[]) => void) => () => {
      const { json, shards } = chain('Relu', 'Exp');
      change((json.modelTopology as { node: { input: string[] }[] }).node);
      exportGraphOnnx(parseGraphModel(json, shards, 'model.json'));
    };
    expect(wrong((nodes) => nodes[1].input.splice(0, 1, 'Exp2'))).toThrow('must have no circles');
    expect(wrong((nodes) => nodes[1].input.splice(0, 1, 'Relu1'))).toThrow('must have no circles');
    expect(wrong((nodes) => nodes[1].input.splice(0, 1, 'other'))).toThrow(
      'received "other", which "Relu1" takes',
    );
    expect(wrong((nodes) => nodes[2].input.splice(0, 1, 'Relu1:1'))).toThrow('received result 1 of "Relu1"');
    expect(wrong((nodes) => nodes[2].input.pop())).toThrow('received 0 inputs, where 1 are needed');
  });
});

describe('options', () => {
  it('take frames as bytes, and give outputs names', () => {
    const { inputs, outputs } = exportGraphOnnx(chain('Relu').parse(), {
      frames: imagenetNormalization,
      outputs: ['features'],
    });
    expect(inputs).toEqual([{ name: 'frames', dtype: 'uint8', shape: ['N', 4, 4, 3] }]);
    expect(outputs).toEqual([{ name: 'features', dtype: 'float32', shape: ['N', 4, 4, 3] }]);
  });

  it('must have a name for every output', () => {
    expect(() => exportGraphOnnx(chain('Relu').parse(), { outputs: ['a', 'b'] })).toThrow('has 1 outputs');
  });
});

describe('weights', () => {
  const parse = (weights: unknown[], bytes: number) => {
    const { json } = chain('Relu');
    const manifest = [{ paths: ['a.bin'], weights }];
    return parseGraphModel({ ...json, weightsManifest: manifest }, [new Uint8Array(bytes)], 'model.json')
      .constants;
  };
  const quantization = (dtype: string) => ({ dtype, scale: 0.5, min: -1 });

  it('are read in every form that tfjs reads', () => {
    const constants = parse(
      [
        { name: 'a', shape: [2], dtype: 'float32' },
        { name: 'b', shape: [3], dtype: 'bool' },
        { name: 'c', shape: [], dtype: 'int32', quantization: { ...quantization('uint8'), min: -0.4 } },
        { name: 'd', shape: [1, 2], dtype: 'float32', quantization: quantization('uint16') },
        { name: 'e', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
      ],
      8 + 3 + 1 + 4 + 2,
    );
    const read = [...constants].map(([name, { dtype, shape, data }]) => [name, dtype, shape, [...data()]]);
    expect(read).toEqual([
      ['a', 'float32', [2], [0, 0]],
      ['b', 'bool', [3], [0, 0, 0]],
      ['c', 'int32', [], [0]],
      ['d', 'float32', [1, 2], [-1, -1]],
      ['e', 'float32', [1], [0]],
    ]);
  });

  it('fill their files', () => {
    const weights = [{ name: 'a', shape: [2], dtype: 'float32' }];
    expect(() => parse(weights, 7)).toThrow('received 7 bytes, too few');
    expect(() => parse(weights, 9)).toThrow('received 9 bytes for 8');
    expect(() => parse([{ name: 'a', shape: [2 ** 30], dtype: 'float32' }], 9)).toThrow('too few');
  });

  it('have types, shapes and names', () => {
    expect(() => parse([{ name: 'a', shape: [2], dtype: 'string' }], 8)).toThrow(
      'must be float32, int32, bool or uint8',
    );
    expect(() => parse([{ name: 'a', shape: [-2], dtype: 'int32' }], 8)).toThrow(
      'must have a name and a shape',
    );
    expect(() => parse([{ shape: [2], dtype: 'int32' }], 8)).toThrow('must have a name and a shape');
    const wrong = { name: 'a', shape: [2], dtype: 'float32', quantization: quantization('uint3') };
    expect(() => parse([wrong], 8)).toThrow('quantised to uint8, uint16 or float16 if at all');
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'actionnx-graph-model-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = async (content: string) => {
    const path = join(folder, 'model.json');
    await writeFile(path, content);
    return readModelJson(path);
  };
  const naming = (...paths: unknown[]) => JSON.stringify({ weightsManifest: [{ paths, weights: [] }] });

  it.each(['../a.bin', 'b/../../a.bin', '/etc/hostname', '..\\a.bin'])(
    'named %s are not opened',
    async (path) => {
      await expect(read(naming(path))).rejects.toThrow('must name weight files in its own folder');
    },
  );

  it('that are missing, no JSON, or not listed are told apart', async () => {
    await expect(read(naming('a.bin'))).rejects.toThrow(/a\.bin must be readable; received ENOENT/);
    await expect(read('{')).rejects.toThrow('is no model.json of TensorFlow.js');
    await expect(read(naming(3))).rejects.toThrow('must list its weight files');
    await expect(read('{"weightsManifest": [{}]}')).rejects.toThrow('must list its weight files');
  });

  it('of another format are refused', async () => {
    const { json } = await read('{"modelTopology": {"model_config": {}}}');
    expect(() => parseGraphModel(json, [], 'model.json')).toThrow(
      'model.json must be a TensorFlow.js GraphModel; received JSON without a graph of nodes; convert it with ' +
        'tensorflowjs_converter --output_format tfjs_graph_model',
    );
  });
});
