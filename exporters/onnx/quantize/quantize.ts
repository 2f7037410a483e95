import type { Graph } from '../../../src/onnx/graph.ts';
import type { Model } from '../../../src/onnx/model.ts';
import { serializeModel } from '../../../src/onnx/serialize.ts';
import type { Runtime } from '../../../src/runtime/session.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import { measureLayerErrors } from './layer-error.ts';
import { type Feeds, type OpenSession, observe } from './observe.ts';
import { planQuantization } from './plan.ts';
import { quantizeGraph } from './quantize-graph.ts';

export interface QuantizeOptions {
  /** Runs the graph to see what values occur inside; onnxruntime-node in Node. */
  readonly runtime: Runtime;
  /** Samples like those that the graph will see, by the names of its inputs, each a batch of one. */
  readonly inputs: readonly Feeds[];
  /** Default: min-max. */
  readonly calibration?: Calibration;
  /** The relative error of the first output above which sensitive layers go back to float. Default: 0.03. */
  readonly tolerance?: number;
  /** Before each of the runs over all inputs: ranges, the error of each layer, and of the whole once or more. */
  readonly onStage?: (stage: string) => void;
}

export interface Quantized {
  readonly model: Model;
  /** Convolutions that compute in 8 bits, and those left in float because of what 8 bits did to the output. */
  readonly layers: number;
  readonly inFloat: readonly string[];
  /** Of the first output on the calibration samples: ‖quantised − float‖ / ‖float‖. */
  readonly error: number;
}

/** At most this share of the convolutions goes back to float. */
const largestFloatShare = 0.25;

/**
 * A model whose convolutions compute in 8 bits: static quantisation in QDQ form, calibrated on samples.
 *
 * Ranges of activations come from running the graph; biases are corrected for the mean error of each filter; and as
 * long as the output is further off than `tolerance`, the layers with the largest measured error of their own go back
 * to float, at most a quarter of them.
 *
 * @throws UserError where the runtime does not take the model
 * @example
 * const { model } = exportOnnx(classifier, { frames: imagenetNormalization });
 * const { model: inInt8 } = await quantize(model, { runtime: nodeRuntime, inputs: samples });
 * await writeFile('model-int8.onnx', modelFile(inInt8).chunks());
 */
export async function quantize(model: Model, options: QuantizeOptions): Promise<Quantized> {
  const { runtime, inputs, calibration = 'min-max', tolerance = 0.03, onStage } = options;
  const { graph } = model;
  const open: OpenSession = (probed) =>
    runtime.open(serializeModel({ ...model, graph: probed }).whole(), { provider: 'cpu' });
  const whole = planQuantization(graph, new Set());
  const values = new Set(whole.flatMap(({ inputs: taken, output }) => [...taken, output]));
  onStage?.('ranges of values');
  const ranges = await calibrate(graph, [...values], inputs, { open, method: calibration });
  onStage?.('errors of layers');
  const errors = await measureLayerErrors(graph, whole, ranges, inputs, open);
  const corrections = new Map([...errors].map(([name, { correction }]) => [name, correction]));
  const worstFirst = [...errors].sort(([, a], [, b]) => b.noise - a.noise).map(([name]) => name);
  const expected = await outputs(graph, inputs, open);

  let best: Quantized | undefined;
  for (let count = 0; count <= worstFirst.length * largestFloatShare; count = Math.max(1, 2 * count)) {
    const inFloat = worstFirst.slice(0, count);
    onStage?.(`error with ${count} ${count === 1 ? 'layer' : 'layers'} in float`);
    const plan = planQuantization(graph, new Set(inFloat));
    const quantized = quantizeGraph(graph, plan, ranges, corrections);
    const error = relativeError(await outputs(quantized, inputs, open), expected);
    if (!best || error < best.error) {
      best = { model: { ...model, graph: quantized }, layers: worstFirst.length - count, inFloat, error };
    }
    if (error <= tolerance) break;
  }
  return best!;
}

/** The first output for each input. */
async function outputs(graph: Graph, inputs: readonly Feeds[], open: OpenSession): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  const [{ name }] = graph.outputs;
  await observe(graph, { nodes: [], outputs: [name] }, inputs, open, (outputs) => {
    found.push(outputs[name].slice());
  });
  return found;
}

function relativeError(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let [difference, power] = [0, 0];
  expected.forEach((values, sample) => {
    values.forEach((value, i) => {
      difference += (actual[sample][i] - value) ** 2;
      power += value ** 2;
    });
  });
  return Math.sqrt(difference / power);
}
