import { usageError } from './errors.ts';

/** Things looked up by name, in the order they were listed; the one way names on the command line are resolved. */
export class Registry<T extends { readonly name: string }> {
  readonly #entries: ReadonlyMap<string, T>;
  readonly #kind: string;

  /**
   * @param kind what the entries are, as a singular noun for error messages ("system")
   * @throws Error when two entries share a name
   */
  constructor(kind: string, entries: readonly T[]) {
    this.#kind = kind;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    if (this.#entries.size !== entries.length)
      throw new Error(`two entries of the ${kind} registry share a name`);
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  get all(): T[] {
    return [...this.#entries.values()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws UserError (exit 2) that lists the known names */
  get(name: string): T {
    const entry = this.#entries.get(name);
    if (!entry) {
      throw usageError(`unknown ${this.#kind}`, {
        received: JSON.stringify(name),
        remedy: `known: ${this.names.join(', ')}`,
      });
    }
    return entry;
  }
}
