import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { a2dActors, a2dLabels, actorAction } from '../../core/labels.ts';
import { Tasks } from '../../core/parallel.ts';
import { Rng } from '../../core/rng.ts';
import { encodeJpeg } from '../../node/image-file.ts';
import { writeVideo } from '../../node/video-writer.ts';
import { folderSplits } from '../folder-splits.ts';
import { drawLabelSets } from './label-sets.ts';
import { drawPicture } from './picture.ts';
import { planScene } from './scene.ts';
import { inFlight, settleSize, writeSynthetic } from './synth-folder.ts';
import type { SynthKind, SynthOptions, SynthSummary } from './synth-kind.ts';

const tableDefaults = { pictures: 1000, videos: 0, frames: 16, height: 96 };
const classDefaults = { pictures: 2100, height: 96 };

/** A folder with labels.csv: who is to be seen, one or several of A2D's actors. */
export const syntheticFolder: SynthKind = {
  name: 'folder',
  title: 'a folder with labels.csv: pictures (and videos) with one or more of seven labels',
  defaults: tableDefaults,
  make: synthesizeFolder,
};

/** A folder for each class: which of A2D's actors is to be seen. */
export const syntheticClassFolders: SynthKind = {
  name: 'class-folders',
  title: 'a folder with class folders: pictures of one of seven classes',
  defaults: classDefaults,
  make: synthesizeClassFolders,
};

/** Of ten samples (or scenes), which split each is in: seven, one and two. */
function splitOf(index: number): string {
  const [train, val, test] = folderSplits;
  const place = index % 10;
  return place < 7 ? train : place < 8 ? val : test;
}

/**
 * Writes `labels.csv`, `labels.txt`, `pictures/%05d.jpg` and, where any are asked for, `videos/%05d.mp4`, which are
 * labelled as a whole. Two pictures at a time are of one scene, which is their group.
 */
export async function synthesizeFolder(folder: string, options: SynthOptions): Promise<SynthSummary> {
  const size = settleSize(options, tableDefaults, { pictures: 0, videos: 0, frames: 2 });
  const { pictures, videos, frames, width, height } = size;
  const { seed, onProgress } = options;
  if (pictures + videos < 10) {
    throw usageError('a synthetic folder needs 10 pictures and videos or more', {
      received: String(pictures + videos),
    });
  }
  const scenes = Math.ceil(pictures / 2);
  const casts = drawLabelSets(scenes + videos, new Rng(`${seed}/folder`));
  const made = { dataset: 'folder', pictures, videos, frames, height, seed };
  const rows: { file: string; actors: readonly string[]; split: string; group: string }[] = [];
  await writeSynthetic(folder, made, ['pictures', ...(videos > 0 ? ['videos'] : [])], async (root) => {
    const tasks = new Tasks(inFlight);
    try {
      for (let i = 0; i < pictures; i++) {
        const scene = Math.floor(i / 2);
        const { codes, draw } = planScene(
          casts[scene],
          { width, height, frames: 16 },
          new Rng(`${seed}/scene-${scene}`),
        );
        const image = draw(i % 2 === 0 ? 4 : 12);
        const file = `pictures/${fiveDigits(i + 1)}.jpg`;
        rows.push({ file, actors: actorsOf(codes), split: splitOf(scene), group: `scene-${scene + 1}` });
        await tasks.start(async () => writeFile(join(root, file), await encodeJpeg(image, 90)));
        onProgress?.(i + 1, pictures + videos);
      }
      for (let i = 0; i < videos; i++) {
        const file = `videos/${fiveDigits(i + 1)}.mp4`;
        const { codes, draw } = planScene(
          casts[scenes + i],
          { width, height, frames },
          new Rng(`${seed}/video-${i}`),
        );
        rows.push({ file, actors: actorsOf(codes), split: splitOf(i), group: '' });
        const images = Array.from({ length: frames }, (_, frame) => draw(frame + 1));
        await tasks.start(() => writeVideo(join(root, file), images, { fps: 24 }));
        onProgress?.(pictures + i + 1, pictures + videos);
      }
    } finally {
      await tasks.finish();
    }
    const lines = rows.map(({ file, actors, split, group }) => [file, actors.join('|'), split, group].join());
    await writeFile(join(root, 'labels.csv'), `${['file,labels,split,group', ...lines].join('\n')}\n`);
    await writeFile(join(root, 'labels.txt'), `${a2dActors.join('\n')}\n`);
  });
  return {
    folder,
    dataset: 'folder',
    pictures,
    videos,
    width,
    height,
    seed,
    splits: countSplits(rows),
    labels: a2dActors.map((label) => ({
      label,
      samples: rows.filter(({ actors }) => actors.includes(label)).length,
    })),
  };
}

/** Writes `{train,val,test}/<actor>/%05d.jpg`: as many pictures of each actor, to within one, acting in any way. */
export async function synthesizeClassFolders(folder: string, options: SynthOptions): Promise<SynthSummary> {
  // Each split has each class.
  const size = settleSize(options, classDefaults, { pictures: 10 * a2dActors.length });
  const { pictures, width, height } = size;
  const { seed, onProgress } = options;
  const made = { dataset: 'class-folders', pictures, height, seed };
  const rows: { split: string; label: string }[] = [];
  await writeSynthetic(folder, made, [...folderSplits], async (root) => {
    for (const split of folderSplits) {
      for (const label of a2dActors) await mkdir(join(root, split, label));
    }
    const tasks = new Tasks(inFlight);
    try {
      for (let i = 0; i < pictures; i++) {
        const label = a2dActors[i % a2dActors.length];
        const split = splitOf(Math.floor(i / a2dActors.length));
        const rng = new Rng(`${seed}/class-folders/${i}`);
        const { image } = drawPicture([rng.pick(acts[label])], { width, height }, `${seed}/picture-${i}`);
        rows.push({ split, label });
        const path = join(root, split, label, `${fiveDigits(i + 1)}.jpg`);
        await tasks.start(async () => writeFile(path, await encodeJpeg(image, 90)));
        onProgress?.(i + 1, pictures);
      }
    } finally {
      await tasks.finish();
    }
  });
  return {
    folder,
    dataset: 'class-folders',
    pictures,
    width,
    height,
    seed,
    splits: countSplits(rows),
    labels: a2dActors.map((label) => ({
      label,
      samples: rows.filter((row) => row.label === label).length,
    })),
  };
}

/** The codes of each actor: what it can do. */
const acts = Object.fromEntries(
  a2dActors.map((actor, i) => [actor, a2dLabels.codes.filter((code) => Math.floor(code / 10) === i + 1)]),
);

function actorsOf(codes: readonly number[]): string[] {
  const present = new Set(codes.map((code) => actorAction(code).actor));
  return a2dActors.filter((actor) => present.has(actor));
}

function countSplits(rows: readonly { readonly split: string }[]): Record<string, number> {
  return Object.fromEntries(
    folderSplits.map((split) => [split, rows.filter((row) => row.split === split).length]),
  );
}

const fiveDigits = (number: number) => String(number).padStart(5, '0');
