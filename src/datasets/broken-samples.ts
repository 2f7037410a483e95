import { reasonOf, UserError } from '../core/errors.ts';
import type { BrokenSample } from './dataset.ts';

/** What becomes of a broken file: the first one ends the work, or each is listed and left out (`--skip-broken`). */
export class BrokenSamples {
  readonly #skip: boolean;
  readonly #reasons = new Map<string, string>();

  constructor(skip: boolean) {
    this.#skip = skip;
  }

  get skip(): boolean {
    return this.#skip;
  }

  get list(): BrokenSample[] {
    return Array.from(this.#reasons, ([id, reason]) => ({ id, reason }));
  }

  /** Notes the sample as broken. @throws the error itself unless broken samples are skipped */
  report(id: string, error: unknown): void {
    if (!this.#skip || !(error instanceof UserError)) throw error;
    this.#reasons.set(id, reasonOf(error));
  }
}
