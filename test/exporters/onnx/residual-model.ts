import { Rng } from '../../../src/core/rng.ts';
import { randomTensor, seedWeights, tf } from './parity.ts';

const L = tf.layers;
type Symbolic = ReturnType<typeof tf.input>;

/** Two convolutions, a residual sum around the second, and one that is none of these; sizes even, odd and one. */
export function residualModel(seed: number) {
  const rng = new Rng(`winograd/${seed}`);
  const [batch, height, width, channels, filters] = [3, 13, 13, 5, 7].map((limit) => 1 + rng.integer(limit));
  const convolve = (options: object, x: Symbolic) =>
    L.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: rng.integer(2) === 0, ...options }).apply(x);
  const x = tf.input({ shape: [height, width, channels], name: 'frames' });
  const first = convolve({ activation: 'relu', name: 'first' }, x) as Symbolic;
  const second = convolve({ name: 'second' }, first) as Symbolic;
  const sum = L.add({ name: 'sum' }).apply([first, second]) as Symbolic;
  const rectified = L.reLU({ name: 'rectified' }).apply(sum) as Symbolic;
  const end = convolve({ strides: 2, name: 'end' }, rectified) as Symbolic;
  const model = tf.model({ inputs: x, outputs: [end, sum], name: 'residual' });
  seedWeights(model, `winograd/${seed}`);
  return { model, input: randomTensor([batch, height, width, channels], `winograd/${seed}`) };
}
