import { usageError } from '../../src/core/errors.ts';
import { parseRecipe, type Recipe } from './stage.ts';

/** A field of a recipe's stages that is to have another value. */
export interface RecipeChange {
  /** 1-based; all stages where it is left out. */
  readonly stage?: number;
  /** The field, and the way inside it: ["optimizer", "momentum"], ["train", "0", "rate"]. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The recipe with some fields of it set. The way into a value leads to its options by itself, and a value's kind alone
 * stands for it with the options that it has by default.
 *
 * @throws UserError (exit 2) for a stage that there is none of, or a field or a value that the recipe cannot have
 * @example changeRecipe(recipe, [{ stage: 2, path: ['optimizer', 'momentum'], value: 0.8 }]);
 */
export function changeRecipe(recipe: Recipe, changes: readonly RecipeChange[]): Recipe {
  const changed: unknown[] = [...recipe];
  for (const { stage, path, value } of changes) {
    if (stage !== undefined && !recipe[stage - 1]) {
      throw usageError('the recipe has no such stage', {
        received: String(stage),
        remedy: `known: ${recipe.map(({ name }, i) => `${i + 1} (${name})`).join(', ')}`,
      });
    }
    for (const i of recipe.keys()) {
      if (stage === undefined || stage === i + 1) changed[i] = withField(changed[i], path, value);
    }
  }
  return changes.length === 0 ? recipe : parseRecipe(changed);
}

function withField(whole: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const outer = typeof whole === 'string' ? { kind: whole } : whole;
  if (Array.isArray(outer)) {
    const items = Object.assign([...outer], { [key]: withField(outer[Number(key)], rest, value) });
    return items;
  }
  const fields: Record<string, unknown> = { ...Object(outer) };
  if ('kind' in fields && key === 'kind') return value;
  if ('kind' in fields && key !== 'options')
    return { ...fields, options: withField(fields.options ?? {}, path, value) };
  return { ...fields, [key]: withField(fields[key], rest, value) };
}
