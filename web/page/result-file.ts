import { ensembleTask, predictedLabels, statedThreshold, type Task } from '../../src/core/task.ts';
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
    systems: systems.map(({ manifest: { name, task, labels, graph }, provider }) => {
      const threshold = statedThreshold(task);
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
    const { labels } = found.manifest;
    const task: Task = found.manifest.task;
    return { system: name, names: labels.names, task, probabilities };
  });
  if (ensemble) {
    const task = ensembleTask(rows[0].task.kind);
    rows.push({ ...rows[0], system: 'ensemble', task, probabilities: ensemble });
  }
  return rows.map(({ system, names, task, probabilities }) => ({
    system,
    labels: names
      .map((label, i) => ({ label, probability: probabilities[i] }))
      .filter((_, i) => predictedLabels(task, probabilities, names.length)[i])
      .sort((a, b) => b.probability - a.probability),
    probabilities: [...probabilities],
  }));
}
