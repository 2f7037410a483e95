import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { UserError } from '../../../src/core/errors.ts';
import { tf } from './parity.ts';

const L = tf.layers;
const recurrentInitializer = 'glorotNormal';

class CustomCell extends L.Layer {
  static readonly className = 'CustomCell';
  readonly stateSize = 3;
}

/** What tfjs computes otherwise than it says, or not at all, and what ONNX cannot hold. */
describe('exportOnnx refuses', () => {
  it.each<[string, number[], (x: SymbolicTensor) => unknown, RegExp]>([
    [
      'a layer that keeps its state',
      [5, 2],
      (x) => L.gru({ name: 'gru', units: 3, recurrentInitializer, stateful: true }).apply(x),
      /layer "gru" of class GRU, after "x", .*stateful: true, since a graph keeps nothing between its runs/,
    ],
    [
      'cells of other classes',
      [5, 2],
      (x) => L.rnn({ name: 'rnn', cell: new CustomCell({ name: 'cell' }) as never }).apply(x),
      /layer "rnn" of class RNN, .*a cell of class CustomCell/,
    ],
    [
      'frames of unknown extents in a ConvLSTM2D',
      [3, -1, 5, 2],
      (x) => L.convLstm2d({ name: 'rnn', filters: 2, kernelSize: 3, recurrentInitializer }).apply(x),
      /layer "rnn" of class ConvLSTM2D, .*frames of unknown extents/,
    ],
    [
      'a mask that a merge layer has spoilt',
      [5],
      (x) => {
        const embedded = L.embedding({ name: 'embed', inputDim: 4, outputDim: 2, maskZero: true }).apply(x);
        const sum = L.add({ name: 'sum' }).apply([embedded, embedded] as SymbolicTensor[]);
        return L.lstm({ name: 'lstm', units: 2, recurrentInitializer }).apply(sum as SymbolicTensor);
      },
      /layer "lstm" .*a mask that has gone through a merge layer/,
    ],
    [
      'a mask inside a wrapper',
      [5],
      (x) => {
        const embedded = L.embedding({ name: 'embed', inputDim: 4, outputDim: 2, maskZero: true }).apply(x);
        const softmax = L.softmax({ name: 'softmax', axis: -1 });
        return L.timeDistributed({ name: 'steps', layer: softmax }).apply(embedded as SymbolicTensor);
      },
      /layer "steps\/softmax" of class Softmax, .*a mask inside "steps", to which it does not belong/,
    ],
    [
      'a mask that is too short',
      [5],
      (x) => {
        const embedded = L.embedding({ name: 'embed', inputDim: 4, outputDim: 2, maskZero: true }).apply(x);
        const code = L.lstm({ name: 'encoder', units: 2, recurrentInitializer }).apply(
          embedded as SymbolicTensor,
        );
        const repeated = L.repeatVector({ name: 'repeat', n: 7 }).apply(code as SymbolicTensor);
        return L.gru({ name: 'decoder', units: 2, recurrentInitializer }).apply(repeated as SymbolicTensor);
      },
      /layer "decoder" .*a mask of 5 steps over 7, which tfjs cannot apply/,
    ],
    [
      'windows that tfjs shifts',
      [4, 4, 4, 2],
      (x) => L.conv3d({ name: 'conv', filters: 2, kernelSize: 1, strides: 2, padding: 'same' }).apply(x),
      /layer "conv" .*'same' padding of a window \[1,1,1\] with strides \[2,2,2\], which tfjs shifts/,
    ],
    [
      'a bias that tfjs adds along the height',
      [3, 4, 4],
      (x) =>
        L.separableConv2d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }).apply(x),
      /layer "conv" .*a bias with channels first/,
    ],
    [
      'channels first over one axis',
      [4, 9],
      (x) => L.conv1d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }).apply(x),
      /layer "conv" .*channels first over one axis/,
    ],
    [
      'negative axes that tfjs takes for the last',
      [4, 4],
      (x) => L.concatenate({ name: 'joined', axis: -2 }).apply([x, x]),
      /layer "joined" .*axis -2, for which tfjs takes the last/,
    ],
    [
      'short windows over unknown extents that ONNX would pad below zero',
      [-1, -1, 2],
      (x) => L.maxPooling2d({ name: 'pool', poolSize: [1, 3], strides: 2, padding: 'same' }).apply(x),
      /layer "pool" .*'same' padding of a window \[1,3\] with longer strides \[2,2\] on unknown extents/,
    ],
    [
      'a normalisation whose fractions tfjs cuts off',
      [4],
      (x) => {
        const tokens = L.categoryEncoding({ name: 'encode', numTokens: 5, outputMode: 'int' as never }).apply(
          x,
        );
        return L.batchNormalization({ name: 'norm' }).apply(tokens as SymbolicTensor);
      },
      /layer "norm" .*an input of type int32, by which tfjs cuts off fractions/,
    ],
    [
      'a concatenation of numbers of several types',
      [4],
      (x) => {
        const tokens = L.categoryEncoding({ name: 'encode', numTokens: 5, outputMode: 'int' as never }).apply(
          x,
        );
        return L.concatenate({ name: 'joined' }).apply([x, tokens as SymbolicTensor]);
      },
      /layer "joined" .*inputs of types float32 and int32, which tfjs mixes up/,
    ],
    [
      'weights that tfjs cannot be given',
      [4],
      (x) => L.categoryEncoding({ name: 'encode', numTokens: 5, outputMode: 'tfIdf' }).apply(x),
      /layer "encode" .*outputMode tfIdf/,
    ],
  ])('%s', (_, shape, build, message) => {
    const x = tf.input({
      batchShape: [shape.length === 2 ? 2 : null, ...shape.map((extent) => (extent < 0 ? null : extent))],
      name: 'x',
    });
    const model = tf.model({ inputs: x, outputs: build(x) as SymbolicTensor });
    expect(() => exportOnnx(model)).toThrow(UserError);
    expect(() => exportOnnx(model)).toThrow(message);
  });
});
