import { largestSpread } from '../exporters/onnx/verify.ts';
import type { ModelInput } from '../exporters/random-inputs.ts';
import { type BackendName, selectBackend } from '../models/train/backend.ts';
import { quoted, reasonOf } from '../src/core/errors.ts';
import { largestDifference } from '../src/core/largest-difference.ts';
import { Rng } from '../src/core/rng.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { Listener } from './listener.ts';

/** Changes real numbers by one rounding each. */
export type Nudge = (values: Float32Array) => Float32Array;

type Answers = Readonly<Record<string, Tensor>>;

/** One step of float32, of a value. */
const roundingStep = 2 ** -23;

/** How many times the inputs are nudged, each value up or down. */
const nudgedRuns = 3;

/** How many times more than a nudge the roundings inside a model may come to. */
const largestExplained = 10;

const unchanged: Nudge = (values) => values;

/**
 * How far tfjs is from itself on the same inputs, by output: the larger of the difference between two of its backends,
 * and of those between inputs and the same inputs a rounding away. Integers cannot be nudged, so that a model of
 * nothing else has only the first. Backends that differ by more than rounding explains are not counted, and told:
 * one of them is wrong, which must not excuse a graph.
 *
 * @param expected what `reference`, the active backend, gave
 * @param answer what the active backend gives for the inputs, their real numbers changed
 * @returns absolute; `reference` is the active backend again
 */
export async function tfjsSpread(
  expected: Answers,
  answer: (nudge: Nudge) => Promise<Answers>,
  reference: BackendName,
  { onNotice }: Listener = {},
): Promise<Record<string, number>> {
  onNotice?.('the graph is further from tfjs than usual: measuring how far tfjs is from itself');
  const other = reference === 'wasm' ? 'cpu' : 'wasm';
  const there = await answerOn(other, () => answer(unchanged), onNotice);
  // In wasm where it runs: plain JavaScript takes its time, and adds up in float64, which hides what roundings do.
  const isElsewhere = there !== null && other === 'wasm';
  const base = isElsewhere ? there : expected;
  await selectBackend(isElsewhere ? other : reference);
  const nudged: Answers[] = [];
  try {
    for (let run = 0; run < nudgedRuns; run++) nudged.push(await answer(nudge(new Rng(`nudge/${run}`))));
  } finally {
    await selectBackend(reference);
  }
  return Object.fromEntries(
    Object.entries(expected).map(([name, values]) => {
      const own = Math.max(
        ...nudged.map((answers) => largestDifference(answers[name].data, base[name].data)),
      );
      const between = there ? largestDifference(there[name].data, values.data) : 0;
      if (between <= Math.max(largestExplained * own, largestSpread * magnitude(values))) {
        return [name, Math.max(own, between)];
      }
      onNotice?.(
        `tfjs's ${reference} and ${other} backends differ by ${between.toExponential(1)} in ${quoted(name)}, which is more than rounding: not counted`,
      );
      return [name, own];
    }),
  );
}

/** Inputs of a model, their real numbers nudged; those that are indices or whole stay. */
export function nudgedInputs(
  values: Readonly<Record<string, Tensor>>,
  inputs: readonly ModelInput[],
  nudge: Nudge,
): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, dtype, below }) => {
      const value = values[name];
      const isReal = dtype === 'float32' && below === undefined;
      return [name, isReal ? { ...value, data: nudge(Float32Array.from(value.data)) } : value];
    }),
  );
}

function nudge(rng: Rng): Nudge {
  return (values) => values.map((value) => value * (1 + (rng.integer(2) === 0 ? -1 : 1) * roundingStep));
}

/** What a backend answers; null, which is told, where it cannot. */
async function answerOn(
  backend: BackendName,
  answer: () => Promise<Answers>,
  onNotice: Listener['onNotice'],
): Promise<Answers | null> {
  try {
    await selectBackend(backend);
    return await answer();
  } catch (error) {
    onNotice?.(`tfjs's ${backend} backend cannot run it, so nudged inputs alone: ${reasonOf(error)}`);
    return null;
  }
}

function magnitude({ data }: Tensor): number {
  let largest = 1;
  for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}
