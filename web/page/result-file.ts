import type { LabelledPicture, LoadedSystem, Media } from './protocol.ts';
import { deciding } from './timeline.ts';

/** What the page hands out as JSON: all probabilities, and what made them. */
export function resultFile(result: {
  readonly fileName: string;
  readonly runtime: string;
  readonly version: string;
  readonly systems: readonly LoadedSystem[];
  readonly weights: readonly number[] | null;
  readonly media: Media;
  readonly rate: number;
  readonly pictures: readonly LabelledPicture[];
}): unknown {
  const { fileName, runtime, version, systems, weights, media, rate, pictures } = result;
  const { labels, threshold } = systems[0].manifest;
  return {
    file: fileName,
    width: media.width,
    height: media.height,
    ...(media.video ? { fps: media.video.fps, frames: media.video.frameCount, rate } : {}),
    versions: { actionnx: version, runtime },
    systems: systems.map(({ manifest, provider }, i) => ({
      name: manifest.name,
      provider,
      graph: manifest.graph.sha256,
      threshold: manifest.threshold,
      weight: weights?.[i] ?? null,
    })),
    ensemble: weights ? 'vote-average' : null,
    labels: labels.names,
    predictions: pictures.map((picture) => ({
      ...picture.at,
      predicted: labels.names.filter((_, i) => deciding(picture)[i] >= (picture.ensemble ? 0.5 : threshold)),
      ensemble: picture.ensemble && [...picture.ensemble],
      systems: Object.fromEntries(picture.systems.map((one) => [one.name, [...one.probabilities]])),
    })),
  };
}
