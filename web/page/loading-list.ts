import { InputPlan } from '../../src/inputs/plan.ts';
import { element } from './element.ts';
import type { LoadedSystem } from './protocol.ts';

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** A pill a system: its name, and how far it has come; and one for the runtime while it arrives. */
export class LoadingList {
  readonly #title: HTMLElement;
  readonly #names: readonly string[];
  readonly #items: HTMLLIElement[];
  readonly #runtime = element('li');
  readonly #statuses: string[];

  constructor(list: HTMLElement, title: HTMLElement, names: readonly string[]) {
    this.#title = title;
    this.#names = names;
    this.#items = names.map(() => element('li'));
    this.#statuses = names.map(() => '');
    this.#runtime.hidden = true;
    list.replaceChildren(...this.#items, this.#runtime);
  }

  #write(system: number, text: string, { state = '', details = '' } = {}): void {
    const item = this.#items[system];
    const name = this.#names[system];
    this.#statuses[system] = text;
    item.className = state;
    item.title = details;
    fill(item, name, text);
    if (details) item.append(element('span', { className: 'sr-only', textContent: `: ${details}` }));
  }

  waiting(systems: readonly number[]): void {
    for (const system of systems) this.#write(system, 'waiting');
    this.#title.textContent = 'Systems';
  }

  progress(system: number, loaded: number, total: number): void {
    this.#items[system].style.setProperty('--loaded', share(loaded, total));
    this.#write(system, total > 0 ? `${megabytes(loaded)} of ${megabytes(total)}` : 'loading');
  }

  /** The runtime's files. They are in no system, and no system runs before them. */
  runtime(loaded: number, total: number): void {
    this.#runtime.hidden = loaded >= total;
    this.#runtime.style.setProperty('--loaded', share(loaded, total));
    fill(this.#runtime, 'runtime', `${megabytes(loaded)} of ${megabytes(total)}`);
  }

  checking(system: number): void {
    this.#write(system, 'checking');
  }

  loaded({ system, manifest, provider, threads, fallback }: LoadedSystem): void {
    const frames = new InputPlan(manifest.inputs).sizes.length;
    const looksAt = frames > 1 ? `${frames} frames` : 'one frame';
    const runsOn = provider === 'wasm' && threads > 1 ? `wasm, ${threads} threads` : provider;
    const text = `${looksAt} · ${runsOn}${fallback ? ' (fell back)' : ''}`;
    this.#write(system, text, { state: 'ready', details: fallback ?? '' });
  }

  missing(system: number, message: string): void {
    this.#write(system, 'not loaded', { state: 'missing', details: message });
  }

  /** All have come, or failed. */
  end(loaded: number): void {
    this.#runtime.hidden = true;
    const all = this.#names.length;
    this.#title.textContent = loaded === all ? 'Systems' : `${loaded} of ${all} systems`;
  }

  /** What the systems that are not there yet are at. */
  get pending(): string[] {
    const open = this.#names.flatMap((name, system) =>
      this.#items[system].className === '' ? `${name} (${this.#statuses[system]})` : [],
    );
    const runtime = this.#runtime.hidden ? [] : [this.#runtime.textContent];
    return [...runtime, ...open];
  }
}

function fill(item: HTMLElement, name: string, text: string): void {
  item.replaceChildren(`${name} `, element('span', { className: 'status', textContent: text }));
}

function share(loaded: number, total: number): string {
  return `${total > 0 ? (100 * loaded) / total : 0}%`;
}
