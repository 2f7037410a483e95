import { z } from 'zod';
import { usageError } from '../../../src/core/errors.ts';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import type { Loss } from './loss.ts';

/** Several losses, mostly of several outputs, each times its weight. */
export const sum = defineKind<z.ZodObject, Loss>({
  kind: 'sum',
  title: 'a weighted sum of losses, as of several outputs',
  options: (inner) =>
    z.strictObject({
      terms: z.array(z.strictObject({ weight: z.number().positive().default(1), loss: inner })).min(1),
    }),
  make(options, inner) {
    const given = options.terms as { weight: number; loss: Parameters<typeof inner>[0] }[];
    const terms = given.map(({ weight, loss }) => ({ weight, loss: inner(loss) }));
    const [{ loss: first }] = terms;
    if (terms.some(({ loss }) => loss.reduction !== first.reduction)) {
      throw usageError('the terms of a loss must all be sums, or all means', {
        received: terms.map(({ loss }) => loss.reduction).join(', '),
        remedy: "give them one reduction, 'sum' or 'mean'",
      });
    }
    return {
      reduction: first.reduction,
      outputs: [...new Set(terms.flatMap(({ loss }) => loss.outputs))],
      targets: [...new Set(terms.flatMap(({ loss }) => loss.targets))],
      of: (outputs, targets) =>
        tf.addN(terms.map(({ weight, loss }) => tf.mul(loss.of(outputs, targets), weight))),
    };
  },
});
