import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tasks } from '../../core/parallel.ts';
import { Rng } from '../../core/rng.ts';
import { encodeJpeg } from '../../node/image-file.ts';
import { stanford40Actions } from '../stanford-40.ts';
import { drawPicture, type Picture } from './picture.ts';
import { inFlight, settleSize, writeSynthetic } from './synth-folder.ts';
import type { SynthKind, SynthOptions, SynthSummary } from './synth-kind.ts';

type Action = (typeof stanford40Actions)[number];

/** Who acts how in the pictures of an action, in A2D's codes: first the person, then whom or what it is with. */
export const stanford40Casts: Readonly<Record<Action, readonly number[]>> = {
  applauding: [15, 29],
  blowing_bubbles: [19, 34],
  brushing_teeth: [13],
  cleaning_the_floor: [12],
  climbing: [11],
  cooking: [13, 69],
  cutting_trees: [11, 44],
  cutting_vegetables: [13, 79],
  drinking: [13, 29],
  feeding_a_horse: [19, 73],
  fishing: [19, 49],
  fixing_a_bike: [12, 39],
  fixing_a_car: [12, 59],
  gardening: [12, 49],
  holding_an_umbrella: [19, 44],
  jumping: [15],
  looking_through_a_microscope: [13, 39],
  looking_through_a_telescope: [11, 49],
  playing_guitar: [13, 49],
  playing_violin: [13, 44],
  pouring_liquid: [13, 59],
  pushing_a_cart: [19, 59],
  reading: [19, 69],
  phoning: [19],
  riding_a_bike: [15, 59],
  riding_a_horse: [15, 79],
  rowing_a_boat: [16, 39],
  running: [16],
  shooting_an_arrow: [15, 44],
  smoking: [16, 69],
  taking_photos: [19, 29],
  texting_message: [12, 29],
  throwing_frisby: [15, 39],
  using_a_computer: [11, 69],
  walking_the_dog: [19, 79],
  washing_dishes: [11, 39],
  watching_TV: [12, 69],
  waving_hands: [11, 29],
  writing_on_a_board: [11, 79],
  writing_on_a_book: [16, 79],
};

/** Of the release's 9532 pictures 4000 are for training. */
const trainingShare = 4000 / 9532;

const defaults = { pictures: 1600, height: 96 };

/** A Stanford 40 Actions in small: another pose and company for each action. */
export const syntheticStanford40: SynthKind = {
  name: 'stanford-40',
  title: 'pictures of 40 actions, in the layout of Stanford 40 Actions',
  defaults,
  make: synthesizeStanford40,
};

/**
 * Writes a synthetic Stanford 40 Actions: `JPEGImages`, `ImageSplits` with all its lists, `XMLAnnotations`. Every action
 * has as many pictures as the others, to within one.
 *
 * @throws UserError (exit 2) where there are fewer than 2 pictures an action, or as `SynthKind` says
 */
export async function synthesizeStanford40(folder: string, options: SynthOptions): Promise<SynthSummary> {
  const actions = stanford40Actions;
  const size = settleSize(options, defaults, { pictures: 2 * actions.length });
  const { pictures, width, height } = size;
  const { seed, onProgress } = options;
  const counts = actions.map((_, i) => Math.floor((pictures + actions.length - 1 - i) / actions.length));
  const lists = new Map<string, string[]>([
    ['train', []],
    ['test', []],
  ]);
  const made = { dataset: 'stanford-40', pictures, height, seed };
  const folders = ['ImageSplits', 'JPEGImages', 'XMLAnnotations'];
  await writeSynthetic(folder, made, folders, async (root) => {
    const write = (name: string, lines: readonly string[]) =>
      writeFile(join(root, 'ImageSplits', name), lines.map((line) => `${line}\n`).join(''));
    const tasks = new Tasks(inFlight);
    let done = 0;
    try {
      for (const [i, action] of actions.entries()) {
        const names = Array.from(
          { length: counts[i] },
          (_, k) => `${action}_${String(k + 1).padStart(3, '0')}`,
        );
        const shuffled = new Rng(`${seed}/stanford-40/${action}`).shuffle(names);
        const training = Math.max(1, Math.round(trainingShare * names.length));
        for (const [split, part] of [
          ['train', shuffled.slice(0, training)],
          ['test', shuffled.slice(training)],
        ] as const) {
          const files = part.map((name) => `${name}.jpg`).sort();
          lists.get(split)?.push(...files);
          await write(`${action}_${split}.txt`, files);
        }
        for (const name of names) {
          const picture = drawPicture(stanford40Casts[action], { width, height }, `${seed}/${name}`);
          await tasks.start(async () => {
            await writeFile(join(root, 'JPEGImages', `${name}.jpg`), await encodeJpeg(picture.image, 90));
            await writeFile(
              join(root, 'XMLAnnotations', `${name}.xml`),
              annotationXml(name, action, picture),
            );
          });
          onProgress?.(++done, pictures);
        }
      }
    } finally {
      await tasks.finish();
    }
    for (const [split, files] of lists) await write(`${split}.txt`, files);
    await write('actions.txt', [
      'action_name\tnumber_of_images',
      ...actions.map((action, i) => `${action}\t${counts[i]}`),
    ]);
  });
  return {
    folder,
    dataset: 'stanford-40',
    pictures,
    width,
    height,
    seed,
    splits: Object.fromEntries(Array.from(lists, ([split, files]) => [split, files.length])),
    labels: actions.map((label, i) => ({ label, samples: counts[i] })),
  };
}

/** The person's box, in pixels from 1, as the release has it. */
function annotationXml(name: string, action: string, { image, annotation }: Picture): string {
  const person = annotation.objects.find(({ code }) => Math.floor(code / 10) === 1);
  const [xmin, ymin, xmax, ymax] = person?.box ?? [1, 1, image.width, image.height];
  return `<annotation>
  <filename>${name}.jpg</filename>
  <size><width>${image.width}</width><height>${image.height}</height><depth>3</depth></size>
  <object>
    <name>person</name>
    <action>${action}</action>
    <bndbox>
      <xmax>${xmax}</xmax>
      <xmin>${xmin}</xmin>
      <ymax>${ymax}</ymax>
      <ymin>${ymin}</ymin>
    </bndbox>
  </object>
</annotation>
`;
}
