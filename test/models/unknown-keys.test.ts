import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSystem, systems } from '../../models/index.ts';
import { readRunRecord } from '../../models/train/run-record.ts';
import { parseRecipe, type Stage } from '../../models/train/stage.ts';
import { checkStageConfigs } from '../../models/train/stage-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unknown-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As the first version of the program wrote it. */
const record = {
  ...{ format: 'actionnx-run', formatVersion: 1, system: 'pcd-resnet', preset: 'pcd-resnet-tiny' },
  config: { depth: 'tiny', size: 64, labels: 43 },
  recipe: {
    ...{
      loss: 'log',
      reduction: 'mean',
      learningRate: 0.1,
      schedule: 'cosine',
      momentum: 0.9,
      weightDecay: 0,
    },
    ...{ epochs: 3, batch: 8, augment: ['flip'], curriculum: [{ frames: 8, speed: 2, until: 0.5 }] },
  },
  seed: 7,
  dataset: {
    ...{ name: 'A2D', root: '/data/a2d' },
    ...{ train: { split: 'train', samples: 20 }, validation: { split: 'val', samples: 10 } },
  },
  labels: { names: ['cat'], codes: [1], hash: 'abc' },
  backend: { name: 'wasm', detail: 'XNNPACK' },
  versions: { actionnx: '0.1.0' },
};

describe('a key that is not known is named, with the nearest that is', () => {
  it.each(systems.all.map(({ name }) => name))('in the configuration of %s', (name) => {
    expect(() => resolveSystem(name, { config: { szie: 64 } })).toThrow(
      `${name} has no such configuration; received szie: there is no such key; did you mean size?`,
    );
    expect(() => resolveSystem(name, { config: { colour: 1 } })).toThrow(
      /colour: there is no such key; known: .*\b(labels|of)\b/,
    );
  });

  it('in a recipe', () => {
    const [stage] = resolveSystem('pcd-resnet-tiny').recipe;
    const changed = (fields: object) => () => parseRecipe([{ ...stage, ...fields }]);
    expect(changed({ bach: 5 })).toThrow('bach: there is no such key; did you mean batch?');
    expect(changed({ train: [{ weights: '*', decai: 1 }] })).toThrow(
      'train.0.decai: there is no such key; did you mean decay?',
    );
    const optimizer = { kind: 'sgd', options: { momentun: 0.5 } };
    expect(changed({ optimizer })).toThrow(
      'optimizer.options: of sgd: momentun: there is no such key; did you mean momentum?',
    );
  });

  it.each(systems.all.map((system) => [system.name, system] as const))(
    "in what a stage of %s's looks at",
    (name, system) => {
      const { config, recipe } = resolveSystem(name);
      const looking = (inputs: Stage['inputs']) => () =>
        checkStageConfigs(system, config, [{ ...recipe[0], name: 'first', inputs }]);
      expect(looking({ szie: 64 })).toThrow(
        'the recipe cannot be trained with; received stage 1 (first): inputs.szie: there is no such key; did you mean size?',
      );
      expect(looking({ size: 64 })).not.toThrow();
    },
  );

  it.each([
    [{ seeds: 7 }, 'seeds: there is no such key; did you mean seed?'],
    [{ recipe: { ...record.recipe, bach: 4 } }, 'recipe.bach: there is no such key; did you mean batch?'],
    [
      { dataset: { ...record.dataset, tests: 1 } },
      'dataset.tests: there is no such key; known: name, root, train, validation',
    ],
  ])('in a run.json: %j', async (more, message) => {
    await writeFile(join(folder, 'run.json'), JSON.stringify({ ...record, ...more }));
    await expect(readRunRecord(folder)).rejects.toThrow(`is not a valid run record; received ${message}`);
  });
});

it('reads the run.json of the first version as stages that go on from one another', async () => {
  await writeFile(join(folder, 'run.json'), JSON.stringify(record));
  const { recipe, ...rest } = (await readRunRecord(folder))!;
  const { recipe: _, ...earlier } = record;
  const labels = { ...earlier.labels, space: 'a2d', task: 'multi-label' };
  expect(rest).toEqual({ ...earlier, formatVersion: 2, labels });
  const common = {
    ...{ batch: 8, rate: 0.1, augment: ['flip'], train: [{ weights: '*', averages: 'moving' }] },
    loss: {
      kind: 'log',
      options: { reduction: 'mean', output: 'probabilities', target: 'labels' },
    },
    optimizer: { kind: 'sgd', options: { momentum: 0.9, weightDecay: 0, nesterov: false } },
    schedule: { kind: 'cosine', options: { floor: 0 } },
    ...{ from: [], clip: null, accumulate: 1, average: null, keep: { metric: 'f1', best: 'highest' } },
  };
  expect(recipe).toEqual([
    { ...common, name: '8 frames', epochs: 2, inputs: { frames: 8, speed: 2 }, continues: false },
    { ...common, name: 'whole clips', epochs: 1, inputs: {}, continues: true },
  ]);
});
