import { usageError } from '../../src/core/errors.ts';
import { schemaFault } from '../../src/core/schema-fault.ts';
import { inputsOf, type System } from '../system.ts';
import type { Recipe, Stage } from './stage.ts';

type Config = Readonly<Record<string, unknown>>;

/**
 * The configuration of a system in a stage: its own, but for what the stage looks at otherwise. One that is configured
 * for shorter clips never trains on longer ones: it keeps its own in such a stage.
 */
export function stageConfig(config: Config, { inputs }: Pick<Stage, 'inputs'>): Config {
  return Number(inputs.frames ?? 0) > Number(config.frames ?? 0) ? config : { ...config, ...inputs };
}

/**
 * Checks that each stage looks at what the system can be configured to look at.
 *
 * @throws UserError (exit 2) naming the stage and the first field that the configuration does not have, that it refuses,
 *   or that has no part in what the system looks at: the model stays as it is built
 */
export function checkStageConfigs(system: System, config: Config, recipe: Recipe): void {
  for (const [i, { name, inputs }] of recipe.entries()) {
    if (Object.keys(inputs).length === 0) continue;
    const wrong = (fault: string) =>
      usageError('the recipe cannot be trained with', {
        received: `stage ${i + 1} (${name}): inputs.${fault}`,
      });
    const schema = system.config.strict();
    const parsed = schema.safeParse({ ...config, ...inputs });
    if (!parsed.success) throw wrong(schemaFault(parsed.error, schema));
    const seen = (own: Config) => JSON.stringify(inputsOf(system, { ...own }));
    const idle = Object.keys(inputs).find(
      (key) =>
        inputs[key] !== config[key] && seen(parsed.data) === seen({ ...parsed.data, [key]: config[key] }),
    );
    if (idle !== undefined) {
      throw wrong(`${idle}: ${system.name} looks at the same whatever it is; configure the system with it`);
    }
  }
}
