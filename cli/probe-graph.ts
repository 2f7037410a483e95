import { largestDifference } from '../src/core/largest-difference.ts';
import { Rng } from '../src/core/rng.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { Graph, Initializer } from '../src/onnx/graph.ts';
import { modelOf } from '../src/onnx/model.ts';
import { serializeModel } from '../src/onnx/serialize.ts';
import type { Provider, Runtime } from '../src/runtime/session.ts';

/**
 * A padded 3×3 convolution from 6 to 8 channels and a sigmoid. Small, and yet of the kind that tells providers
 * apart: WebGPU has computed convolutions wrongly whose input channels are a multiple of 3 but not of 4.
 */
const [inputs, outputs, side] = [6, 8, 12];
const tolerance = 1e-3;

function randoms(name: string, size: number): Float32Array {
  const rng = new Rng(`probe/${name}`);
  return Float32Array.from({ length: size }, () => rng.uniform(-0.5, 0.5));
}

const image = randoms('image', inputs * side * side);
const kernel = randoms('kernel', outputs * inputs * 9);

function probeModel(): Uint8Array {
  const weights: Initializer = {
    name: 'kernel',
    dtype: 'float32',
    shape: [outputs, inputs, 3, 3],
    learnt: true,
    data: () => kernel,
  };
  const port = (name: string, channels: number) =>
    ({ name, dtype: 'float32', shape: [1, channels, side, side] }) as const;
  const graph: Graph = {
    name: 'probe',
    nodes: [
      {
        name: 'conv',
        operator: 'Conv',
        inputs: ['image', 'kernel'],
        outputs: ['sums'],
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      },
      { name: 'sigmoid', operator: 'Sigmoid', inputs: ['sums'], outputs: ['result'], attributes: {} },
    ],
    initializers: new Map([['kernel', weights]]),
    inputs: [port('image', inputs)],
    outputs: [port('result', outputs)],
  };
  return serializeModel(modelOf(graph, { name: 'actionnx', version: 'probe' })).whole();
}

/** What the graph has to give, by the definition of a convolution. */
function expected(): Float32Array {
  const result = new Float32Array(outputs * side * side);
  for (let o = 0; o < outputs; o++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let sum = 0;
        for (let i = 0; i < inputs; i++) {
          for (let tap = 0; tap < 9; tap++) {
            const row = y + Math.floor(tap / 3) - 1;
            const column = x + (tap % 3) - 1;
            if (row < 0 || row >= side || column < 0 || column >= side) continue;
            sum += image[(i * side + row) * side + column] * kernel[(o * inputs + i) * 9 + tap];
          }
        }
        result[(o * side + y) * side + x] = 1 / (1 + Math.exp(-sum));
      }
    }
  }
  return result;
}

/**
 * Runs the probe graph on one provider.
 *
 * @returns the largest absolute difference from what it has to give
 * @throws UserError when the provider does not load the graph; Error when it computes wrongly
 */
export async function probeProvider(runtime: Runtime, provider: Provider): Promise<number> {
  const session = await runtime.open(probeModel(), { provider, threads: 1 });
  try {
    const feed: Tensor = { dtype: 'float32', shape: [1, inputs, side, side], data: image };
    const { result } = await session.run({ image: feed });
    const difference = largestDifference(result.data, expected());
    if (difference > tolerance) throw new Error(`it computes wrongly: off by ${difference.toPrecision(2)}`);
    return difference;
  } finally {
    await session.release();
  }
}
