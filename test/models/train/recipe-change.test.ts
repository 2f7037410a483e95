import { describe, expect, it } from 'vitest';
import { resolveSystem } from '../../../models/index.ts';
import { adam } from '../../../models/train/optimizers/adam.ts';
import { changeRecipe } from '../../../models/train/recipe-change.ts';
import { step } from '../../../models/train/schedules/step.ts';

const { recipe } = resolveSystem('pcd-r2plus1d-tiny');
/** "2.rate" and a value, as a flag has them. */
const change = (field: string, value: unknown) => {
  const [, stage, path] = /^(?:(\d+)\.)?(.+)$/.exec(field)!;
  return { ...(stage && { stage: Number(stage) }), path: path.split('.'), value };
};
const changed = (...changes: [string, unknown][]) =>
  changeRecipe(
    recipe,
    changes.map(([field, value]) => change(field, value)),
  );

describe('a recipe changes', () => {
  it('in all of its stages, or in one', () => {
    expect(changed(['rate', 0.5]).map(({ rate }) => rate)).toEqual([0.5, 0.5]);
    expect(changed(['2.rate', 0.5]).map(({ rate }) => rate)).toEqual([0.05, 0.5]);
    expect(changed(['1.inputs.speed', 3])[0].inputs).toEqual({ frames: 2, speed: 3 });
    expect(changed()).toBe(recipe);
  });

  it('in values: to another kind as it comes, or in the options of the one there is', () => {
    expect(changed(['optimizer', 'adam'])[1].optimizer).toEqual(adam());
    expect(changed(['optimizer', 'adam'], ['optimizer.beta1', 0.5])[0].optimizer).toEqual(
      adam({ beta1: 0.5 }),
    );
    expect(changed(['optimizer.kind', 'adam'])[0].optimizer).toEqual(adam());
    expect(changed(['optimizer.options.momentum', 0.5])[0].optimizer.options).toMatchObject({
      momentum: 0.5,
    });
    expect(changed(['schedule', 'step'], ['schedule.every', 7])[0].schedule).toEqual(step({ every: 7 }));
    expect(changed(['average', 'ema'], ['average.decay', 0.5])[0].average).toEqual({
      kind: 'ema',
      options: { decay: 0.5 },
    });
  });

  it('in lists', () => {
    expect(changed(['train.0.weights', 'probabilities/*'])[0].train).toEqual([
      { weights: 'probabilities/*', averages: 'moving' },
    ]);
    expect(changed(['train.1', { weights: '*' }])[0].train).toHaveLength(2);
    expect(changed(['augment', []])[1].augment).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['3.rate', 1, 'the recipe has no such stage; received 3; known: 1 (2 frames), 2 (4 frames)'],
    ['0.rate', 1, 'the recipe has no such stage; received 0; known: '],
    ['rat', 1, 'received stage 1: rat: there is no such key; did you mean rate?'],
    ['2.rate', 'fast', 'received stage 2: rate: Invalid input'],
    ['optimizer', 'adan', 'received stage 1: optimizer: there is no optimizer "adan"; did you mean adam?'],
    ['optimizer.beta', 1, 'received stage 1: optimizer.options: of sgd: beta: there is no such key; known: '],
    ['rate.0', 1, 'received stage 1: rate: Invalid input'],
    ['loss.__proto__', 1, 'received stage 1: '],
    ['2.optimizer', 'adam', 'received stage 2: continues: optimizer differs from the stage before'],
    ['1.continues', true, 'received stage 1: continues: there is no stage before it'],
    ['schedule', 'step', 'received stage 1: schedule.options: of step: every: Invalid input'],
  ])('to nothing that it cannot be: %s = %j', (field, value, message) => {
    expect(() => changed([field, value])).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), exitCode: 2 }),
    );
  });
});
