/** The converters of tfjs-layers' own layers, one file a family. Importing one defines it. */
import type { Converter } from '../../../src/core/converter.ts';
import { activation } from './activation.ts';
import { batchNormalization } from './batch-normalization.ts';
import { concatenate } from './concatenate.ts';
import { conv1d, conv2d, conv3d } from './conv.ts';
import { cropping2d } from './cropping2d.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { flatten } from './flatten.ts';
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './global-pooling.ts';
import { add, average, maximum, minimum, multiply } from './merge.ts';
import { alphaDropout, dropout, gaussianDropout, gaussianNoise, spatialDropout1d } from './noise.ts';
import {
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
} from './pooling.ts';
import { elu, leakyRelu, prelu, relu, softmax, thresholdedRelu } from './rectifiers.ts';
import { permute, reshape } from './reshape.ts';
import { separableConv2d } from './separable-conv2d.ts';
import { upSampling2d } from './up-sampling2d.ts';
import { zeroPadding2d } from './zero-padding2d.ts';

export const stockConverters: readonly Converter[] = [
  ...[conv1d, conv2d, conv3d, depthwiseConv2d, separableConv2d],
  ...[maxPooling1d, maxPooling2d, maxPooling3d, averagePooling1d, averagePooling2d, averagePooling3d],
  ...[globalAveragePooling1d, globalAveragePooling2d, globalMaxPooling1d, globalMaxPooling2d],
  ...[dense, batchNormalization],
  ...[activation, relu, leakyRelu, elu, prelu, thresholdedRelu, softmax],
  ...[flatten, reshape, permute, zeroPadding2d, cropping2d, upSampling2d],
  ...[add, multiply, average, maximum, minimum, concatenate],
  ...[dropout, spatialDropout1d, gaussianNoise, gaussianDropout, alphaDropout],
];
