import type { Combination } from '../eval/combiners/combiner.ts';
import { goldenFrames } from '../exporters/golden.ts';
import {
  type EnsembleMember,
  type EnsembleWindow,
  findWindow,
  inputOf,
} from '../exporters/onnx/ensemble-graph.ts';
import type { Bundle, BundleManifest } from '../src/bundle/manifest.ts';
import { largestDifference } from '../src/core/largest-difference.ts';
import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { openBundle } from '../src/runtime/open-bundle.ts';

/** Frames that are drawn, at most, in the search for some on which every vote is clear. */
const mostDraws = 16;

/** An ensemble's answers. */
export interface Combined {
  readonly outputs: Record<string, Tensor>;
  /** For each sample the least distance of a member's probability from where the answer jumps: see `Combination`. */
  readonly clearances: number[];
  /** How far the probabilities move where the members' own move by a rounding. */
  readonly spread: number;
}

/** What runtimes differ by in a member's probabilities: a few steps of float32, of 1. */
const memberRounding = 2 ** -20;

/** How many times the members' answers are nudged, each value up or down. */
const nudgedRuns = 3;

/** The members' answers to their own parts of the frames, combined. */
export async function combine(
  members: readonly EnsembleMember[],
  combination: Combination,
  bundles: readonly Bundle[],
  windows: readonly EnsembleWindow[],
  frames: Tensor,
): Promise<Combined> {
  const outputs: Record<string, Tensor>[] = [];
  for (const [i, { manifest }] of members.entries()) {
    const session = await openBundle(bundles[i], nodeRuntime, { provider: 'cpu' });
    try {
      outputs.push(await session.run({ [inputOf(manifest).name]: framesOf(manifest, windows, frames) }));
    } finally {
      await session.release();
    }
  }
  const answers = outputs.map(({ probabilities }) => Float32Array.from(probabilities.data));
  const heaviest = members
    .map(({ weight }, i) => ({ weight, attention: outputs[i].attention }))
    .filter(({ attention }) => attention)
    .sort((a, b) => b.weight - a.weight)[0];
  const probabilities = combination.apply(answers);
  return {
    outputs: {
      probabilities: tensor(probabilities, [frames.shape[0], combination.labels.length]),
      ...(heaviest && { attention: heaviest.attention }),
    },
    clearances: combination.clearances(answers),
    spread: spreadOf(combination, answers, probabilities),
  };
}

/** A combiner that learnt large weights magnifies what runtimes differ by in the members. */
function spreadOf(
  combination: Combination,
  answers: readonly Float32Array[],
  expected: Float32Array,
): number {
  const differences = Array.from({ length: nudgedRuns }, (_, run) => {
    const rng = new Rng(`nudge/${run}`);
    const nudged = answers.map((values) =>
      values.map((value) => value + (rng.integer(2) === 0 ? -1 : 1) * memberRounding),
    );
    return largestDifference(combination.apply(nudged), expected);
  });
  return Math.max(...differences);
}

/**
 * Golden frames on which no member's probability is so near to a threshold, of a vote or a tree, that a runtime's
 * rounding could carry it over: there the ensemble's answer jumps, by a vote by half a member's weight, and a runtime
 * that is right would be refused. Of several draws the best of each sample is taken.
 *
 * @param shape of one sample
 * @param combined the ensemble's answers, and how near to the threshold each sample comes
 * @param tolerance how far a runtime may be off
 */
export async function decidedFrames(
  shape: readonly number[],
  combined: (frames: Tensor) => Promise<Combined>,
  tolerance: number,
  onNotice?: (message: string) => void,
): Promise<Tensor> {
  const frames = goldenFrames(shape);
  const size = sizeOf(shape);
  const best = (await combined(frames)).clearances;
  for (let draw = 1; draw < mostDraws && Math.min(...best) <= tolerance; draw++) {
    const other = goldenFrames(shape, draw);
    const { clearances } = await combined(other);
    clearances.forEach((clearance, sample) => {
      if (clearance <= best[sample]) return;
      best[sample] = clearance;
      (frames.data as Uint8Array).set(
        (other.data as Uint8Array).subarray(sample * size, (sample + 1) * size),
        sample * size,
      );
    });
  }
  if (Math.min(...best) <= tolerance) {
    onNotice?.(
      `a probability lies within ${Math.min(...best).toExponential(0)} of a threshold on the golden inputs, the best of ` +
        `${mostDraws} draws: a runtime whose rounding carries it over will be refused`,
    );
  }
  return frames;
}

/** A member's part of the ensemble's frames. */
function framesOf(
  manifest: BundleManifest,
  windows: readonly EnsembleWindow[],
  { shape, data }: Tensor,
): Tensor {
  const [samples, rest] = [shape[0], shape.slice(1)];
  const [count, fullHeight, fullWidth] = rest.length === 3 ? [1, ...rest] : rest;
  const { kind, frames, height, width } = inputOf(manifest);
  const first = findWindow(windows, manifest).offset;
  const own = new Uint8Array(samples * frames * height * width * 3);
  let at = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let frame = first; frame < first + frames; frame++) {
      for (let row = 0; row < height; row++) {
        const from = ((sample * count + frame) * fullHeight + row) * fullWidth * 3;
        own.set((data as Uint8Array).subarray(from, from + width * 3), at);
        at += width * 3;
      }
    }
  }
  return tensor(own, kind === 'frame' ? [samples, height, width, 3] : [samples, frames, height, width, 3]);
}
