import type { LabelledPicture, LoadedSystem, Media } from './protocol.ts';

/**
 * What the page hands out as JSON: the form of `actionnx predict --json`, the versions that made it, and what is not in
 * it: systems that are missing, and the key frames after a stop.
 */
export function resultFile(result: {
  readonly fileName: string;
  readonly runtime: string;
  readonly version: string;
  readonly systems: readonly LoadedSystem[];
  readonly weights: readonly number[] | null;
  readonly missing: readonly string[];
  readonly isStopped: boolean;
  readonly media: Media;
  readonly pictures: readonly LabelledPicture[];
}): unknown {
  const { fileName, runtime, version, systems, weights, media, pictures, missing, isStopped } = result;
  const { width, height, video } = media;
  return {
    versions: { actionnx: version, runtime },
    systems: systems.map(({ manifest: { name, threshold, labels, graph }, provider }) => {
      return { name, graph: graph.sha256, provider, threshold, labels: labels.names };
    }),
    ...(missing.length > 0 && { missing }),
    ensemble: weights && { rule: 'vote-average', weights },
    files: [
      {
        file: fileName,
        kind: video ? 'video' : 'image',
        width,
        height,
        fps: video?.fps ?? null,
        duration: video?.duration ?? null,
        frameCount: video?.frameCount ?? 1,
        ...(isStopped && { stoppedAfter: pictures.length, keyFrameCount: video?.keyFrameCount }),
        keyFrames: pictures.map((picture) => ({
          frame: picture.at?.frame ?? 1,
          time: picture.at?.time ?? 0,
          predictions: predictionsOf(picture, systems),
        })),
      },
    ],
  };
}

function predictionsOf({ ensemble, systems: answers }: LabelledPicture, systems: readonly LoadedSystem[]) {
  const rows = answers.flatMap(({ name, probabilities }) => {
    const found = systems.find(({ manifest }) => manifest.name === name);
    if (!found) return [];
    const { labels, threshold } = found.manifest;
    return { system: name, names: labels.names, threshold, probabilities };
  });
  if (ensemble) rows.push({ ...rows[0], system: 'ensemble', threshold: 0.5, probabilities: ensemble });
  return rows.map(({ system, names, threshold, probabilities }) => ({
    system,
    labels: names
      .map((label, i) => ({ label, probability: probabilities[i] }))
      .filter(({ probability }) => probability >= threshold)
      .sort((a, b) => b.probability - a.probability),
    probabilities: [...probabilities],
  }));
}
