import { voteAverage } from '../eval/ensemble.ts';
import { goldenFrames } from '../exporters/golden.ts';
import {
  type EnsembleMember,
  type EnsembleWindow,
  findWindow,
  inputOf,
  voteThreshold,
} from '../exporters/onnx/ensemble-graph.ts';
import type { Bundle, BundleManifest } from '../src/bundle/manifest.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { openBundle } from '../src/runtime/open-bundle.ts';

/** Frames that are drawn, at most, in the search for some on which every vote is clear. */
const mostDraws = 16;

/** An ensemble's answers. */
export interface Combined {
  readonly outputs: Record<string, Tensor>;
  /** For each sample the least distance of a member's probability from the vote's threshold, 0–0.5. */
  readonly clearances: number[];
}

/** The members' answers to their own parts of the frames, by the rule of eval/ensemble.ts. */
export async function combine(
  members: readonly EnsembleMember[],
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
  const all = outputs.map(({ probabilities }) => probabilities);
  const combined = voteAverage(
    all.map(({ data }) => data as Float32Array),
    members.map(({ weight }) => weight),
  );
  const heaviest = members
    .map(({ weight }, i) => ({ weight, attention: outputs[i].attention }))
    .filter(({ attention }) => attention)
    .sort((a, b) => b.weight - a.weight)[0];
  const [samples, labels] = all[0].shape;
  const clearances = Array.from({ length: samples }, (_, sample) =>
    Math.min(
      ...all.flatMap(({ data }) =>
        Array.from(data.subarray(sample * labels, (sample + 1) * labels), (p) =>
          Math.abs(Number(p) - voteThreshold),
        ),
      ),
    ),
  );
  return {
    outputs: {
      probabilities: tensor(combined, all[0].shape),
      ...(heaviest && { attention: heaviest.attention }),
    },
    clearances,
  };
}

/**
 * Golden frames on which no member's probability is so near to the vote's threshold that a runtime's rounding could
 * turn the vote: there the ensemble's answer jumps by half a member's weight, and a runtime that is right would be
 * refused. Of several draws the best of each sample is taken.
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
      `a probability lies within ${Math.min(...best).toExponential(0)} of 0.5 on the golden inputs, the best of ` +
        `${mostDraws} draws: a runtime whose rounding turns that vote will be refused`,
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
