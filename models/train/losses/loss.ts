import type { Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { UserError } from '../../../src/core/errors.ts';

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** What training makes small. */
export interface Loss {
  /** 'sum': over the batch's samples; 'mean': per sample. It says how losses of several batches go together. */
  readonly reduction: 'sum' | 'mean';
  /** The model's outputs that it looks at. */
  readonly outputs: readonly string[];
  /** What it compares them with. */
  readonly targets: readonly string[];
  /**
   * @param outputs the model's, by name
   * @param targets what they should be, by name: `labels`, float32 [N, labels] of 0 and 1
   * @returns a scalar
   */
  of(outputs: NamedTensors, targets: NamedTensors): Tensor;
}

export const reduction = z.enum(['sum', 'mean']);

/** Options of every loss of one output: which one, and what it is compared with. */
export const compared = (output: string) => ({
  output: z.string().default(output),
  target: z.string().default('labels'),
});

interface Comparison {
  readonly output: string;
  readonly target: string;
  readonly reduction: 'sum' | 'mean';
}

/** A loss of one output and one target. */
export function lossOf<Output extends Tensor>(
  { output, target, reduction }: Comparison,
  of: (output: Output, target: Output) => Tensor,
): Loss {
  return {
    ...{ reduction, outputs: [output], targets: [target] },
    of: (outputs, targets) => of(outputs[output] as Output, targets[target] as Output),
  };
}

/** @throws UserError (exit 2) naming the output or the target that there is none of */
export function checkLoss(loss: Loss, outputs: readonly string[], targets: readonly string[]): void {
  for (const [noun, sought, known] of [
    ['output of the model', loss.outputs, outputs],
    ['target', loss.targets, targets],
  ] as const) {
    const missing = sought.find((name) => !known.includes(name));
    if (missing === undefined) continue;
    throw new UserError(`a loss must be of a known ${noun}`, {
      received: `${JSON.stringify(missing)}; known: ${known.join(', ')}`,
      exitCode: 2,
    });
  }
}
