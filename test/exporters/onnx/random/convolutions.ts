import type { Rng } from '../../../../src/core/rng.ts';
import { activations } from '../case.ts';
import { tf } from '../parity.ts';
import {
  cycled,
  dataFormats,
  type Families,
  type Family,
  gateActivations,
  images,
  type Make,
  one,
  recurrentInitializer,
  spatialAxes,
  stepActivations,
  surroundings,
} from './family.ts';

const L = tf.layers;

/** A window that fits in four positions. tfjs has either strides or dilations, and shifts short windows over three axes. */
function windowOf(rng: Rng, rank: number, canDilate: boolean) {
  const kernel = Array.from({ length: rank }, () => 1 + rng.integer(3));
  const isDilated = canDilate && rng.chance(0.3);
  const strides = kernel.map((size) => (isDilated ? 1 : 1 + rng.integer(rank === 3 ? size : 3)));
  const dilations = kernel.map((size) => (isDilated && size < 3 ? 1 + rng.integer(2) : 1));
  const padding = rng.pick(['same', 'valid'] as const);
  return { kernel, strides, dilations, padding };
}

/** Convolutions with a bias and an activation, over one axis to three. */
function convolution(make: Make, rank: number, { dilates = true, formats = true } = {}): Family {
  return (rng, seed) => {
    const dataFormat = formats ? cycled(dataFormats, seed) : 'channelsLast';
    const { kernel, strides, dilations, padding } = windowOf(rng, rank, dilates);
    const config = {
      ...{ filters: 1 + rng.integer(4), kernelSize: kernel, strides, padding },
      ...{ useBias: rng.chance(0.5), activation: rng.pick(activations) },
      ...(dilates && { dilationRate: dilations }),
      ...(formats && { dataFormat }),
    };
    return one(rng, make, images(rng, rank, dataFormat), config, {
      free: spatialAxes(rank, dataFormat),
      integers: make === L.conv2dTranspose || make === L.conv3dTranspose,
    });
  };
}

function depthwise(make: Make, isSeparable: boolean): Family {
  return (rng, seed) => {
    const dataFormat = cycled(dataFormats, seed);
    const { kernel, strides, dilations, padding } = windowOf(rng, 2, isSeparable);
    const isFirst = dataFormat === 'channelsFirst';
    const config = {
      // tfjs has square strides only.
      ...{ kernelSize: kernel, strides: [strides[0], strides[0]], padding, dataFormat },
      ...{ depthMultiplier: 1 + rng.integer(2), activation: rng.pick(activations) },
      useBias: !(isSeparable && isFirst) && rng.chance(0.5),
      ...(isSeparable && { filters: 1 + rng.integer(4), dilationRate: dilations }),
    };
    return one(rng, make, images(rng, 2, dataFormat), config, { free: spatialAxes(2, dataFormat) });
  };
}

/** The spatial axes that are not the last, whose extent a convolution before wants to know. */
function freeAxes(rank: number, dataFormat: string): number[] {
  return spatialAxes(rank, dataFormat).filter((axis) => axis <= rank);
}

function pooling(make: Make, rank: number, integers: boolean): Family {
  return (rng, seed) => {
    const dataFormat = rank === 1 ? 'channelsLast' : cycled(dataFormats, seed);
    const { kernel, strides, padding } = windowOf(rng, rank, false);
    const config = {
      ...{ poolSize: rank === 1 ? kernel[0] : kernel, strides: rank === 1 ? strides[0] : strides, padding },
      ...(rank > 1 && { dataFormat }),
    };
    const isShort = kernel.some((size, axis) => size < strides[axis]);
    return one(rng, make, images(rng, rank, dataFormat), config, {
      ...{ ...surroundings(rng), integers },
      // With unknown extents such windows are refused.
      free: isShort && padding === 'same' ? [] : freeAxes(rank, dataFormat),
    });
  };
}

function globalPooling(make: Make, rank: number): Family {
  return (rng, seed) => {
    const dataFormat = rank === 1 ? 'channelsLast' : cycled(dataFormats, seed);
    const input = images(rng, rank, dataFormat);
    return one(rng, make, input, rank === 1 ? {} : { dataFormat }, {
      ...surroundings(rng),
      free: freeAxes(rank, dataFormat),
      integers: true,
    });
  };
}

const convolutionalRecurrent: Family = (rng, seed) => {
  const dataFormat = cycled(dataFormats, seed);
  const { kernel, strides, dilations, padding } = windowOf(rng, 2, true);
  const config = {
    ...{
      filters: 1 + rng.integer(3),
      kernelSize: kernel,
      strides,
      dilationRate: dilations,
      padding,
      dataFormat,
    },
    ...{ recurrentInitializer, useBias: rng.chance(0.5), returnSequences: rng.chance(0.5) },
    ...{ goBackwards: rng.chance(0.3), returnState: rng.chance(0.3) },
    ...{
      activation: rng.pick(stepActivations),
      recurrentActivation: rng.pick(gateActivations),
    },
  };
  const [batch, ...frame] = images(rng, 2, dataFormat);
  return one(rng, L.convLstm2d as Make, [batch, 1 + rng.integer(3), ...frame], config, { free: [1] });
};

/** Windows over one axis to three. */
export const convolutions: Families = {
  Conv1D: convolution(L.conv1d as Make, 1, { formats: false }),
  Conv2D: convolution(L.conv2d as Make, 2),
  Conv3D: convolution(L.conv3d as Make, 3),
  Conv2DTranspose: convolution(L.conv2dTranspose as Make, 2, { dilates: false }),
  Conv3DTranspose: convolution(L.conv3dTranspose as Make, 3, { dilates: false }),
  DepthwiseConv2D: depthwise(L.depthwiseConv2d as Make, false),
  SeparableConv2D: depthwise(L.separableConv2d as Make, true),
  ConvLSTM2D: convolutionalRecurrent,
  MaxPooling1D: pooling(L.maxPooling1d as Make, 1, true),
  MaxPooling2D: pooling(L.maxPooling2d as Make, 2, true),
  MaxPooling3D: pooling(L.maxPooling3d as Make, 3, true),
  AveragePooling1D: pooling(L.averagePooling1d as Make, 1, false),
  AveragePooling2D: pooling(L.averagePooling2d as Make, 2, false),
  AveragePooling3D: pooling(L.averagePooling3d as Make, 3, false),
  GlobalMaxPooling1D: globalPooling(L.globalMaxPooling1d as Make, 1),
  GlobalMaxPooling2D: globalPooling(L.globalMaxPooling2d as Make, 2),
  GlobalAveragePooling1D: globalPooling(L.globalAveragePooling1d as Make, 1),
  GlobalAveragePooling2D: globalPooling(L.globalAveragePooling2d as Make, 2),
};
