import type { Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../../src/core/errors.ts';
import { nearestNames } from '../../src/core/nearest-names.ts';
import { settleAverages } from './frozen-layers.ts';
import { type NamedWeight, namedWeights } from './model-weights.ts';
import { matchesPattern } from './name-pattern.ts';
import type { Group, Recipe, Stage } from './stage.ts';

/** The weights that a stage trains, and what it trains them by. */
export interface TrainedWeights {
  readonly variables: ReadonlyMap<string, Variable>;
  groupOf(name: string): Group;
}

/**
 * Finds the weights that a stage trains, and settles which batch norms move their averages: those of a group whose
 * averages move, unless they are frozen in the model itself.
 */
export function settleGroups(model: LayersModel, { train }: Pick<Stage, 'train'>): TrainedWeights {
  const groupOf = (name: string) => train.find(({ weights }) => matchesPattern(weights, name));
  const named = namedWeights(model);
  settleAverages(model, (path) => {
    const own = named.find(({ name }) => name.startsWith(`${path}/`));
    return (own ? groupOf(own.name)?.averages : undefined) !== 'moving';
  });
  const trained = named.filter(({ name, trainable }) => trainable && groupOf(name));
  return {
    variables: new Map(trained.map(({ name, variable }) => [name, variable])),
    groupOf: (name) => groupOf(name) as Group,
  };
}

/**
 * Checks that every group of every stage has a weight to train.
 * @throws UserError (exit 2) naming the stage and its pattern
 */
export function checkGroups(model: LayersModel, recipe: Recipe): void {
  const named = namedWeights(model);
  for (const [i, stage] of recipe.entries()) {
    const left = new Set(named.filter(({ trainable }) => trainable).map(({ name }) => name));
    for (const { weights: pattern } of stage.train) {
      const found = [...left].filter((name) => matchesPattern(pattern, name));
      if (found.length === 0) {
        throw new UserError(`every group of weights in ${stageName(recipe, i)} must have a weight to train`, {
          received: `${quoted(pattern)}, ${reasonOf(pattern, named)}`,
          exitCode: 2,
        });
      }
      for (const name of found) left.delete(name);
    }
  }
}

/** "stage 2 (8 frames)" */
function stageName(recipe: Recipe, index: number): string {
  return recipe.length === 1 ? 'the recipe' : `stage ${index + 1} (${recipe[index].name})`;
}

function reasonOf(pattern: string, named: readonly NamedWeight[]): string {
  const matched = named.filter(({ name }) => matchesPattern(pattern, name));
  if (matched.some(({ trainable }) => trainable)) return 'whose weights are all in groups before it';
  if (matched.length > 0) return 'of which only weights are that training never changes by itself';
  const names = named.map(({ name }) => name);
  const near = nearestNames(pattern, names);
  const some = near.length > 0 ? near : [...new Set(names.map((name) => `${name.split('/')[0]}/*`))];
  return `which matches none; ${near.length > 0 ? 'did you mean' : 'there are'} ${some.slice(0, 12).join(', ')}${some.length > 12 ? ', …' : ''}`;
}
