import type { LabelledPicture, LoadedSystem, Media } from './protocol.ts';

/** What the page hands out as JSON: the form of `actionnx predict --json`, and the versions that made it. */
export function resultFile(result: {
  readonly fileName: string;
  readonly runtime: string;
  readonly version: string;
  readonly systems: readonly LoadedSystem[];
  readonly weights: readonly number[] | null;
  readonly media: Media;
  readonly pictures: readonly LabelledPicture[];
}): unknown {
  const { fileName, runtime, version, systems, weights, media, pictures } = result;
  const { width, height, video } = media;
  return {
    versions: { actionnx: version, runtime },
    systems: systems.map(({ manifest: { name, threshold, labels, graph }, provider }) => {
      return { name, graph: graph.sha256, provider, threshold, labels: labels.names };
    }),
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
  const rows = answers.map(({ name, probabilities }, i) => {
    const { labels, threshold } = systems[i].manifest;
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
