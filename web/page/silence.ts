/** After so long without a word somebody who waits is told what is waited for, milliseconds. */
const patience = 15_000;

/** Watches over a wait that others may never end: a stalled server, a slow device. */
export class Silence {
  readonly #say: (message: string | null) => void;
  #describe: (() => string) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param say shows what is waited for, or null once there is nothing to say */
  constructor(say: (message: string | null) => void) {
    this.#say = say;
  }

  /** From now on something is waited for. */
  begin(describe: () => string): void {
    this.#describe = describe;
    this.heard();
  }

  /** Something came, if not yet all. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#say(null);
    const describe = this.#describe;
    if (!describe) return;
    this.#timer = setTimeout(() => this.#say(describe()), patience);
  }

  end(): void {
    this.#describe = null;
    this.heard();
  }
}
