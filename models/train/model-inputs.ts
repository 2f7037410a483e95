import type { LayersModel } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import type { InputPlan } from '../../src/inputs/plan.ts';

/**
 * Checks that a model takes what its system looks at: inputs of the same names and shapes, in the same order.
 *
 * @throws UserError with both
 */
export function checkInputs(model: LayersModel, { inputs }: InputPlan): void {
  const wanted = [...inputs].map(([name, { shape }]) => ({ name, shape }));
  const taken = model.inputNames.map((name, i) => ({ name, shape: model.inputs[i].shape.slice(1) }));
  const fits =
    wanted.length === taken.length &&
    wanted.every(({ name, shape }, i) => name === taken[i].name && isOf(shape, taken[i].shape));
  if (fits) return;
  throw new UserError("a model's inputs must be what its system looks at, in the same order", {
    received: `${textOf(taken)}, where the system has ${textOf(wanted)}`,
  });
}

/** An extent that a model leaves open may be any. */
function isOf(shape: readonly number[], open: readonly (number | null)[]): boolean {
  return shape.length === open.length && open.every((extent, i) => extent === null || extent === shape[i]);
}

function textOf(inputs: readonly { name: string; shape: readonly (number | null)[] }[]): string {
  return inputs
    .map(({ name, shape }) => `${name} [${shape.map((extent) => extent ?? '–').join(',')}]`)
    .join(' and ');
}
