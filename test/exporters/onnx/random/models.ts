import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Rng } from '../../../../src/core/rng.ts';
import { graph } from '../case.ts';
import { tf } from '../parity.ts';
import { cycled, dataFormats, type Families, type Family, images } from './family.ts';

const L = tf.layers;

type Nest = (shape: number[], chain: readonly (() => layers.Layer)[]) => LayersModel;
type ModelClass = new (config: {
  inputs: SymbolicTensor;
  outputs: SymbolicTensor;
  name: string;
}) => LayersModel;

/** What files of Keras call a functional model. */
const functionalClass = (): ModelClass =>
  (tf.serialization.SerializationMap.getMap().classNameMap.Functional as unknown as [ModelClass])[0];

function functional(makeClass: () => ModelClass): Nest {
  return (shape, chain) => {
    const inputs = tf.input({ shape, name: 'inner' });
    const outputs = chain.reduce<SymbolicTensor>((x, make) => make().apply(x) as SymbolicTensor, inputs);
    return new (makeClass())({ inputs, outputs, name: 'body' });
  };
}

/** A few layers of images. */
function chainOf(rng: Rng): (() => layers.Layer)[] {
  const dataFormat = rng.pick(dataFormats);
  const padding = dataFormat === 'channelsLast' ? rng.pick(['same', 'valid'] as const) : 'same';
  return Array.from({ length: 1 + rng.integer(3) }, (_, i) => {
    const name = `step${i}`;
    return rng.pick<() => layers.Layer>([
      () => L.conv2d({ name, filters: 3, kernelSize: 2, padding: 'same', dataFormat, activation: 'relu' }),
      () => L.batchNormalization({ name }),
      () =>
        L.maxPooling2d({ name, poolSize: 2, strides: 1, padding: i === 0 ? padding : 'same', dataFormat }),
      () => L.activation({ name, activation: 'tanh' }),
      () => L.dropout({ name, rate: 0.5 }),
      () => L.zeroPadding2d({ name, padding: 1, dataFormat }),
    ]);
  });
}

/** A model inside a model: applied once or, with the same weights, to two inputs. */
function nested(nest: Nest): Family {
  return (rng, seed) => {
    const shape = images(rng, 2, 'channelsLast');
    const chain = chainOf(rng);
    const classes = chain.map((make) => make().getClassName());
    const isShared = cycled([true, false], seed);
    return graph(
      `${classes} of [${shape}]${isShared ? ', shared' : ''}`,
      isShared ? [shape, shape] : [shape],
      (...xs) => {
        const body = nest(shape.slice(1), chain);
        const [first, second] = xs.map((x) => body.apply(x) as SymbolicTensor);
        const merged = second ? L.add({ name: 'sum' }).apply([first, second]) : first;
        return L.globalMaxPooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(
          merged,
        ) as SymbolicTensor;
      },
    );
  };
}

export const models: Families = {
  Model: nested(functional(() => tf.LayersModel as ModelClass)),
  Functional: nested(functional(functionalClass)),
  Sequential: nested((shape, chain) =>
    tf.sequential({
      name: 'body',
      layers: [L.inputLayer({ name: 'inner', inputShape: shape }), ...chain.map((make) => make())],
    }),
  ),
};
