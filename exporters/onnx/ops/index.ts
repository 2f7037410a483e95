/** The converters of tfjs-layers' own layers, one file a family. Importing one defines it. */
import type { Converter } from '../../../src/onnx/converter.ts';
import { activation } from './activation.ts';
import { batchNormalization } from './batch-normalization.ts';
import { bidirectional } from './bidirectional.ts';
import { categoryEncoding } from './category-encoding.ts';
import { centerCrop } from './center-crop.ts';
import { concatenate } from './concatenate.ts';
import { conv1d, conv2d, conv3d } from './conv.ts';
import { convLstm2d } from './conv-lstm2d.ts';
import { conv2dTranspose, conv3dTranspose } from './conv-transpose.ts';
import { cropping2d } from './cropping2d.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dot } from './dot.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './global-pooling.ts';
import { layerNormalization } from './layer-normalization.ts';
import { masking } from './masking.ts';
import { add, average, maximum, minimum, multiply } from './merge.ts';
import {
  alphaDropout,
  dropout,
  gaussianDropout,
  gaussianNoise,
  randomWidth,
  spatialDropout1d,
} from './noise.ts';
import {
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
} from './pooling.ts';
import { elu, leakyRelu, prelu, relu, softmax, thresholdedRelu } from './rectifiers.ts';
import { gru, lstm, rnn, simpleRnn } from './recurrent.ts';
import { repeatVector } from './repeat-vector.ts';
import { rescaling } from './rescaling.ts';
import { permute, reshape } from './reshape.ts';
import { resizing } from './resizing.ts';
import { separableConv2d } from './separable-conv2d.ts';
import { timeDistributed } from './time-distributed.ts';
import { upSampling2d } from './up-sampling2d.ts';
import { zeroPadding2d } from './zero-padding2d.ts';

export const stockConverters: readonly Converter[] = [
  ...[conv1d, conv2d, conv3d, conv2dTranspose, conv3dTranspose, depthwiseConv2d, separableConv2d],
  ...[maxPooling1d, maxPooling2d, maxPooling3d, averagePooling1d, averagePooling2d, averagePooling3d],
  ...[globalAveragePooling1d, globalAveragePooling2d, globalMaxPooling1d, globalMaxPooling2d],
  ...[dense, dot, embedding, batchNormalization, layerNormalization],
  ...[activation, relu, leakyRelu, elu, prelu, thresholdedRelu, softmax],
  ...[flatten, reshape, permute, repeatVector, zeroPadding2d, cropping2d, upSampling2d],
  ...[rescaling, resizing, centerCrop, categoryEncoding],
  ...[simpleRnn, gru, lstm, rnn, convLstm2d, bidirectional, timeDistributed, masking],
  ...[add, multiply, average, maximum, minimum, concatenate],
  ...[dropout, spatialDropout1d, gaussianNoise, gaussianDropout, alphaDropout, randomWidth],
];
