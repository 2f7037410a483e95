import { element } from './element.ts';
import type { LoadedSystem } from './protocol.ts';

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** A pill a system: its name, and how far it has come. */
export class LoadingList {
  readonly #items: HTMLLIElement[];
  readonly #names: readonly string[];

  constructor(list: HTMLElement, names: readonly string[]) {
    this.#names = names;
    this.#items = names.map(() => element('li'));
    list.replaceChildren(...this.#items);
    names.forEach((_, i) => {
      this.#write(i, 'waiting');
    });
  }

  #write(system: number, text: string): void {
    this.#items[system].replaceChildren(
      `${this.#names[system]} `,
      element('span', { className: 'status', textContent: text }),
    );
  }

  progress(system: number, loaded: number, total: number): void {
    this.#items[system].style.setProperty('--loaded', `${total > 0 ? (100 * loaded) / total : 0}%`);
    this.#write(system, total > 0 ? `${megabytes(loaded)} of ${megabytes(total)}` : 'loading');
  }

  checking(system: number): void {
    this.#write(system, 'checking');
  }

  ready(systems: readonly LoadedSystem[], threads: number): void {
    systems.forEach(({ manifest: { input }, provider, fallback }, i) => {
      const looksAt = input.kind === 'clip' ? `${input.frames} frames` : 'one frame';
      const runsOn = provider === 'wasm' && threads > 1 ? `wasm, ${threads} threads` : provider;
      const item = this.#items[i];
      item.classList.add('ready');
      this.#write(i, `${looksAt} · ${runsOn}${fallback ? ' (fell back)' : ''}`);
      if (fallback) {
        item.title = fallback;
        item.append(element('span', { className: 'sr-only', textContent: `: ${fallback}` }));
      }
    });
  }
}
