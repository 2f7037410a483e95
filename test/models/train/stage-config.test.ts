import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveSystem } from '../../../models/index.ts';
import { train } from '../../../models/train/fit.ts';
import type { Stage } from '../../../models/train/stage.ts';
import { checkStageConfigs, stageConfig } from '../../../models/train/stage-config.ts';
import { a2dLabels } from '../../../src/core/labels.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';

const clips = resolveSystem('pcd-r2plus1d-tiny', { config: { size: 32, frames: 8, speed: 2 } });

/** The recipe, whose second stage looks at something else. */
const looking = (inputs: Stage['inputs']) =>
  clips.recipe.slice(0, 2).map((stage, i) => (i === 1 ? { ...stage, name: 'second', inputs } : stage));

describe('what a stage looks at', () => {
  const { config } = clips;

  it("is the system's own, but for the fields that it names", () => {
    expect(stageConfig(config, { inputs: {} })).toEqual(config);
    expect(stageConfig(config, { inputs: { speed: 3 } })).toEqual({ ...config, speed: 3 });
    expect(stageConfig(config, { inputs: { size: 16, frames: 4 } })).toEqual({
      ...config,
      size: 16,
      frames: 4,
    });
    expect(stageConfig(config, { inputs: { frames: 8, speed: 1 } })).toEqual({ ...config, speed: 1 });
  });

  it("is all the system's own where that has shorter clips", () => {
    expect(stageConfig(config, { inputs: { frames: 9, speed: 1 } })).toEqual(config);
    expect(stageConfig({ size: 32 }, { inputs: { frames: 1 } })).toEqual({ size: 32 });
  });

  it.each<[Stage['inputs']]>([
    [{}],
    [{ frames: 4 }],
    [{ frames: 4, speed: 3 }],
    [{ size: 16 }],
    // Said again, and longer than its own.
    [{ frames: 8, speed: 2 }],
    [{ frames: 16, speed: 1 }],
  ])('may be any that the system can be configured to: %j', (inputs) => {
    expect(() => checkStageConfigs(clips.system, config, looking(inputs))).not.toThrow();
  });
});

describe('a stage is refused before any work where it looks at', () => {
  /** Whoever asks it for anything has begun to work. */
  const untouched: Dataset = {
    ...{ name: 'untouched', root: '/nowhere', spaces: [a2dLabels], splits: ['train', 'val'], broken: [] },
    samples: () => Promise.reject(new Error('asked for samples')),
    truth: () => Promise.reject(new Error('asked for the truth')),
    frames: () => Promise.reject(new Error('asked for frames')),
  };

  it.each<[string, Stage['inputs'], string | RegExp]>([
    [
      'a field that is nearly one',
      { frams: 4 },
      'the recipe cannot be trained with; received stage 2 (second): inputs.frams: there is no such key; did you mean frames?',
    ],
    [
      'a field that is like none',
      { frames: 4, colour: 'red' },
      /^the recipe cannot be trained with; received stage 2 \(second\): inputs\.colour: there is no such key; known: .*size, .*frames, speed/,
    ],
    ['no frames', { frames: 0 }, /received stage 2 \(second\): inputs\.frames: Too small: .*>0$/],
    [
      'half a step',
      { speed: 1.5 },
      /received stage 2 \(second\): inputs\.speed: Invalid input: expected int/,
    ],
    ['words', { size: 'large' }, /received stage 2 \(second\): inputs\.size: Invalid input: expected number/],
    [
      'another model',
      { frames: 4, labels: 7 },
      'the recipe cannot be trained with; received stage 2 (second): inputs.labels: pcd-r2plus1d looks at the same whatever it is; configure the system with it',
    ],
  ])('%s', async (title, inputs, message) => {
    const folder = join(tmpdir(), `actionnx-stage-config-${title.replaceAll(' ', '-')}`);
    const refused = train({
      ...{ ...clips, recipe: looking(inputs), seed: 1, dataset: untouched, folder },
      ...{ backend: { name: 'cpu', detail: '' }, evaluate: () => ({ precision: 0, recall: 0, f1: 0 }) },
    });
    await expect(refused).rejects.toMatchObject({
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      exitCode: 2,
    });
    expect(existsSync(folder)).toBe(false);
  });
});
