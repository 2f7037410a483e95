/**
 * Models of the kinds that tfjs's own examples train, written from their published descriptions: what an exporter for
 * any tfjs model has to take. Weights are random.
 */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { tf } from '../models/tf.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { defineConverter } from '../src/onnx/converter.ts';
import { randomTensor, randomTokens } from './compare.ts';

export interface Architecture {
  readonly name: string;
  readonly build: () => LayersModel;
  /** A batch of two for every input. */
  readonly inputs: () => Tensor[];
}

const L = tf.layers;

/** The default, orthogonal, takes long and says so, for weights that are drawn anew anyway. */
const recurrentInitializer = 'glorotUniform';

/** Next-character prediction: two LSTMs over one-hot characters. */
function textGeneration({ length = 40, characters = 71, units = 128 } = {}): LayersModel {
  return tf.sequential({
    name: 'lstm_text_generation',
    layers: [
      L.lstm({ units, recurrentInitializer, returnSequences: true, inputShape: [length, characters] }),
      L.lstm({ units, recurrentInitializer }),
      L.dense({ units: characters, activation: 'softmax' }),
    ],
  });
}

/** Review classification: embedded words, padding masked, read in both directions. */
function sentiment({ length = 100, words = 2000, size = 64 } = {}): LayersModel {
  const layer = L.lstm({ units: size, recurrentInitializer });
  return tf.sequential({
    name: 'sentiment',
    layers: [
      L.inputLayer({ inputShape: [length], dtype: 'int32' }),
      L.embedding({ inputDim: words, outputDim: size, inputLength: length, maskZero: true }),
      L.bidirectional({ layer, mergeMode: 'concat' }),
      L.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
}

/** MobileNet v1 (Howard et al. 2017), arXiv 1704.04861, table 1, with Keras's explicit padding. */
export function mobilenetV1({ size = 224, alpha = 0.25, classes = 1000 } = {}): LayersModel {
  const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
  const filters = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
  const input = tf.input({ shape: [size, size, 3], name: 'image' });
  let x = input;
  const apply = (layer: layers.Layer) => {
    x = layer.apply(x) as SymbolicTensor;
  };
  const normalized = () => {
    apply(L.batchNormalization({}));
    apply(L.reLU({ maxValue: 6 }));
  };
  const padded = () =>
    apply(
      L.zeroPadding2d({
        padding: [
          [0, 1],
          [0, 1],
        ],
      }),
    );

  padded();
  apply(L.conv2d({ filters: 32 * alpha, kernelSize: 3, strides: 2, useBias: false }));
  normalized();
  strides.forEach((stride, block) => {
    if (stride === 2) padded();
    const padding = stride === 2 ? 'valid' : 'same';
    apply(L.depthwiseConv2d({ kernelSize: 3, strides: stride, padding, useBias: false }));
    normalized();
    apply(L.conv2d({ filters: filters[block] * alpha, kernelSize: 1, useBias: false }));
    normalized();
  });
  apply(L.globalAveragePooling2d({}));
  apply(L.reshape({ targetShape: [1, 1, 1024 * alpha] }));
  apply(L.dropout({ rate: 0.001 }));
  apply(L.conv2d({ filters: classes, kernelSize: 1, padding: 'same' }));
  apply(L.reshape({ targetShape: [classes] }));
  apply(L.activation({ activation: 'softmax' }));
  return tf.model({ inputs: input, outputs: x, name: 'mobilenet_v1' });
}

/** The generator of an ACGAN (Odena et al. 2016), arXiv 1610.09585, for digits: noise times an embedded class. */
function acganGenerator({ latent = 100, channels = 384 } = {}): LayersModel {
  const noise = tf.input({ shape: [latent], name: 'noise' });
  const digit = tf.input({ shape: [1], name: 'class', dtype: 'int32' });
  const embedded = L.embedding({ inputDim: 10, outputDim: latent }).apply(digit) as SymbolicTensor;
  const code = L.multiply({}).apply([noise, L.flatten({}).apply(embedded) as SymbolicTensor]);
  const body = [
    L.dense({ units: 3 * 3 * channels, activation: 'relu' }),
    L.reshape({ targetShape: [3, 3, channels] }),
    L.conv2dTranspose({
      filters: channels / 2,
      kernelSize: 5,
      strides: 1,
      padding: 'valid',
      activation: 'relu',
    }),
    L.batchNormalization({}),
    L.conv2dTranspose({
      filters: channels / 4,
      kernelSize: 5,
      strides: 2,
      padding: 'same',
      activation: 'relu',
    }),
    L.batchNormalization({}),
    L.conv2dTranspose({ filters: 1, kernelSize: 5, strides: 2, padding: 'same', activation: 'tanh' }),
  ];
  const image = body.reduce((x, layer) => layer.apply(x) as SymbolicTensor, code as SymbolicTensor);
  return tf.model({ inputs: [noise, digit], outputs: image, name: 'acgan_generator' });
}

/** [N, T, F] → [N, F]: a layer of the example's own, with its converter beside it. */
class LastStep extends L.Layer {
  static readonly className = 'LastStep';

  constructor(config: { name?: string } = {}) {
    super(config);
    this.supportsMasking = true;
  }

  override computeOutputShape([batch, , features]: number[]) {
    return [batch, features];
  }

  override computeMask() {
    return null as never;
  }

  override call([x]: TfTensor[]) {
    const [batch, steps, features] = x.shape;
    return tf.reshape(tf.slice(x, [0, steps! - 1, 0], [batch!, 1, features!]), [batch!, features!]);
  }
}

defineConverter('LastStep', (_layer, [x], graph) =>
  graph.node('Gather', [graph.tfjsOrder(x), graph.constant([-1], [])], {
    attributes: { axis: 1 },
    shape: graph.outputShapes[0],
  }),
);

/** Dates from many notations into one: an encoder and a decoder with attention (Luong et al. 2015), arXiv 1508.04025. */
function dateConversion({ read = 12, written = 10, size = 64 } = {}): LayersModel {
  const [inputDim, outputs] = [35, 13];
  const [source, target] = [
    tf.input({ shape: [read], name: 'source', dtype: 'int32' }),
    tf.input({ shape: [written], name: 'target', dtype: 'int32' }),
  ];
  const lstm = () => L.lstm({ units: size, recurrentInitializer, returnSequences: true });
  const embed = (dim: number, x: SymbolicTensor) =>
    L.embedding({ inputDim: dim, outputDim: size, maskZero: true }).apply(x) as SymbolicTensor;
  const encoded = lstm().apply(embed(inputDim, source)) as SymbolicTensor;
  const last = new LastStep().apply(encoded) as SymbolicTensor;
  const decoded = lstm().apply([embed(outputs, target), last, last]) as SymbolicTensor;
  const scores = L.dot({ axes: [2, 2] }).apply([decoded, encoded]) as SymbolicTensor;
  const attention = L.activation({ activation: 'softmax', name: 'attention' }).apply(
    scores,
  ) as SymbolicTensor;
  const context = L.dot({ axes: [2, 1] }).apply([attention, encoded]) as SymbolicTensor;
  const combined = L.concatenate({}).apply([context, decoded]) as SymbolicTensor;
  const perStep = (units: number, activation: 'tanh' | 'softmax', x: SymbolicTensor) =>
    L.timeDistributed({ layer: L.dense({ units, activation }) }).apply(x) as SymbolicTensor;
  const answer = perStep(outputs, 'softmax', perStep(size, 'tanh', combined));
  return tf.model({ inputs: [source, target], outputs: [answer, attention], name: 'date_conversion' });
}

/** Frame prediction: stacked ConvLSTM2Ds (Shi et al. 2015), arXiv 1506.04214, and a convolution over time. */
function nextFrame({ frames = 5, size = 20, filters = 8 } = {}): LayersModel {
  const recurrent = () =>
    L.convLstm2d({ filters, kernelSize: 3, padding: 'same', recurrentInitializer, returnSequences: true });
  return tf.sequential({
    name: 'next_frame',
    layers: [
      L.timeDistributed({
        layer: L.activation({ activation: 'linear' }),
        inputShape: [frames, size, size, 1],
      }),
      recurrent(),
      L.timeDistributed({ layer: L.layerNormalization({}) }),
      recurrent(),
      L.conv3d({ filters: 1, kernelSize: 3, padding: 'same', activation: 'sigmoid' }),
    ],
  });
}

const seeded = (name: string) => `architecture/${name}`;

export const architectures: readonly Architecture[] = [
  {
    name: 'LSTM text generation',
    build: () => textGeneration(),
    inputs: () => [randomTensor([2, 40, 71], seeded('text'))],
  },
  {
    name: 'Sentiment (masked bidirectional LSTM)',
    build: () => sentiment(),
    inputs: () => [randomTokens([2, 100], 2000, seeded('sentiment'))],
  },
  {
    name: 'MobileNet v1, 0.25, 128²',
    build: () => mobilenetV1({ size: 128 }),
    inputs: () => [randomTensor([2, 128, 128, 3], seeded('mobilenet'))],
  },
  {
    name: 'ACGAN generator',
    build: () => acganGenerator(),
    inputs: () => [
      randomTensor([2, 100], seeded('acgan/noise')),
      randomTokens([2, 1], 10, seeded('acgan/class')),
    ],
  },
  {
    name: 'Date conversion (attention seq2seq)',
    build: () => dateConversion(),
    inputs: () => [
      randomTokens([2, 12], 35, seeded('date/source')),
      randomTokens([2, 10], 13, seeded('date/target')),
    ],
  },
  {
    name: 'Next frame (stacked ConvLSTM2D)',
    build: () => nextFrame(),
    inputs: () => [randomTensor([2, 5, 20, 20, 1], seeded('frames'))],
  },
];
