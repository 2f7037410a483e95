import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { InputPlan } from '../../src/inputs/plan.ts';
import { losses } from './losses/index.ts';
import { checkLoss } from './losses/loss.ts';
import { checkInputs } from './model-inputs.ts';
import type { Recipe } from './stage.ts';
import { checkSource, readSource } from './stage-source.ts';
import { targetNames } from './trainer.ts';
import { checkGroups } from './weight-groups.ts';

/** Checks a recipe against the model that it is to train: all stages, before the first begins. @throws UserError */
export async function checkRecipe(model: LayersModel, recipe: Recipe, inputs: InputPlan): Promise<void> {
  checkInputs(model, inputs);
  for (const { loss } of recipe) checkLoss(losses.make(loss), model.outputNames, targetNames);
  checkGroups(model, recipe);
  for (const source of recipe.flatMap(({ from }) => from)) {
    checkSource(model, source, await readSource(source));
  }
}
