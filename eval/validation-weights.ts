import { UserError } from '../src/core/errors.ts';
import { voteAverageWeights } from './ensemble.ts';

/** A system as an ensemble sees it. */
export interface ValidatedSystem {
  /** What a message calls it: its name, or its bundle's folder. */
  readonly name: string;
  /** Tells whether two systems have the same labels: their hash. */
  readonly labels: string;
  /** The F1 that its bundle records, in 0–1; null where it records none. */
  readonly f1: number | null;
}

export type ValidationWeights =
  /** The systems' F1, and what each counts for: see `voteAverageWeights`. */
  | { readonly f1s: readonly number[]; readonly weights: readonly number[]; readonly fault: null }
  /** Why they cannot be combined so. */
  | { readonly f1s: null; readonly weights: null; readonly fault: UserError };

/**
 * What each system counts for in an ensemble, by the validation F1 that its bundle records; or a fault, for the caller
 * to throw or to tell: other labels than the first's, no F1, or none above 0.
 *
 * @param remedy what the fault says to do where F1s are missing
 * @example validationWeights([{ name: 'a', labels, f1: 0.6 }, { name: 'b', labels, f1: 0.4 }], remedy).weights; // [0.6, 0.4]
 */
export function validationWeights(systems: readonly ValidatedSystem[], remedy: string): ValidationWeights {
  const fault = faultOf(systems, remedy);
  if (fault) return { f1s: null, weights: null, fault };
  const f1s = systems.map(({ f1 }) => f1 ?? 0);
  return { f1s, weights: voteAverageWeights(f1s), fault: null };
}

function faultOf(systems: readonly ValidatedSystem[], remedy: string): UserError | null {
  const different = systems.find(({ labels }) => labels !== systems[0].labels);
  if (different) {
    return new UserError('members of an ensemble must have the same labels in the same order', {
      received: `other labels for ${different.name} than for ${systems[0].name}`,
    });
  }
  const rule = 'an ensemble weighs its members by their validation F1';
  const unknown = systems.find(({ f1 }) => f1 === null);
  if (unknown) return new UserError(rule, { received: `none in ${unknown.name}`, remedy });
  if (systems.every(({ f1 }) => f1 === 0)) return new UserError(rule, { received: 'none above 0', remedy });
  return null;
}
