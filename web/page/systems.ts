import { reasonOf } from '../../src/core/errors.ts';
import type { Site } from '../site.ts';
import { byId } from './element.ts';
import { LoadingList } from './loading-list.ts';
import type { Notice } from './notice.ts';
import type { JobResponse, LoadedSystem, LoadResponse, Request, Response } from './protocol.ts';
import type { Silence } from './silence.ts';

/** The site's systems as they are loaded, those that cannot be, and the worker that runs them. */
export class Systems {
  readonly #site: Site;
  readonly #list: LoadingList;
  readonly #trouble: Notice;
  readonly #silence: Silence;
  readonly #onLoad: () => void;
  readonly #onReady: () => void;
  readonly #onJob: (response: JobResponse) => void;
  #worker: Worker | null = null;
  /** By place in the site. */
  readonly #loaded = new Map<number, LoadedSystem>();
  readonly #missing = new Map<number, string>();
  isLoading = false;
  weights: readonly number[] | null = null;
  runtime = '';

  /**
   * @param options.onLoad called when loading begins, for the first time or again
   * @param options.onReady called when every system is loaded or missing, and when the worker is lost
   * @param options.onJob called with what the worker says of files
   */
  constructor(options: {
    readonly site: Site;
    readonly trouble: Notice;
    readonly silence: Silence;
    readonly onLoad: () => void;
    readonly onReady: () => void;
    readonly onJob: (response: JobResponse) => void;
  }) {
    this.#site = options.site;
    this.#trouble = options.trouble;
    this.#silence = options.silence;
    this.#onLoad = options.onLoad;
    this.#onReady = options.onReady;
    this.#onJob = options.onJob;
    this.#list = new LoadingList(byId('systems'), byId('models-title'), this.names);
  }

  /** In the site's order. */
  get loaded(): LoadedSystem[] {
    return this.#site.systems.flatMap((_, system) => this.#loaded.get(system) ?? []);
  }

  /** Of all of them, loaded or not. */
  get names(): string[] {
    return this.#site.systems.map(({ name }) => name);
  }

  /** Of the package that deployed the site. */
  get version(): string {
    return this.#site.version;
  }

  /** Loads all systems, in a new worker. */
  load(): void {
    this.#worker?.terminate();
    this.#loaded.clear();
    this.weights = null;
    try {
      this.#worker = this.#openWorker();
    } catch (cause) {
      // In a sandboxed frame, where nothing has an origin.
      this.#loseWorker(reasonOf(cause));
      return;
    }
    this.#ask(this.#site.systems.map((_, system) => system));
  }

  #openWorker(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'actionnx' });
    worker.onmessage = ({ data }: MessageEvent<Response>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#loseWorker(event.message || 'its script did not load');
    };
    return worker;
  }

  /** Loads those that are missing: beside the others where there are any, else all afresh. */
  retry(): void {
    if (this.#loaded.size > 0) this.#ask([...this.#missing.keys()]);
    else this.load();
  }

  ask(request: Request): void {
    this.#worker?.postMessage(request);
  }

  #ask(systems: readonly number[]): void {
    for (const system of systems) this.#missing.delete(system);
    this.isLoading = true;
    this.#trouble.hide();
    this.#list.waiting(systems);
    document.body.dataset.state = 'loading';
    this.#onLoad();
    this.#silence.begin(() => {
      const pending = this.#list.pending.join(', ') || 'the systems';
      return `Nothing has been heard for a while. Waiting for: ${pending}. A slow device takes its time to check a model; a server or a connection that stalls may never go on.`;
    });
    const provider = byId<HTMLSelectElement>('provider').value === 'webgpu' ? 'webgpu' : 'wasm';
    const address = (path: string) => new URL(path, document.baseURI).href;
    this.ask({
      kind: 'load',
      bundles: systems.map((system) => ({ system, url: address(this.#site.systems[system].bundle) })),
      ortUrl: address('ort/'),
      provider,
    });
  }

  #hear(response: Response): void {
    this.#silence.heard();
    if ('job' in response) this.#onJob(response);
    else this.#hearOfLoading(response);
  }

  #hearOfLoading(response: LoadResponse): void {
    if (response.kind === 'progress') this.#list.progress(response.system, response.loaded, response.total);
    else if (response.kind === 'runtime') {
      // It goes on arriving where all systems have failed before it was there: nobody waits for it then.
      if (this.isLoading) this.#list.runtime(response.loaded, response.total);
    } else if (response.kind === 'checking') this.#list.checking(response.system);
    else if (response.kind === 'loaded') {
      this.#loaded.set(response.system.system, response.system);
      this.#list.loaded(response.system);
    } else if (response.kind === 'missing') this.#miss(response.system, response.message);
    else {
      this.weights = response.weights;
      this.runtime = response.runtime;
      this.#end();
    }
  }

  #miss(system: number, message: string): void {
    this.#missing.set(system, message);
    this.#list.missing(system, message);
  }

  #end(): void {
    this.isLoading = false;
    this.#silence.end();
    this.#list.end(this.#loaded.size);
    document.body.dataset.state = this.#loaded.size > 0 ? 'ready' : 'failed';
    if (this.#missing.size > 0) {
      this.#trouble.show(this.#reasons(), () => this.retry());
    }
    this.#onReady();
  }

  /** What is wrong, once for all systems with the same. */
  #reasons(): string[] {
    const systems = new Map<string, string[]>();
    for (const [system, message] of [...this.#missing].sort(([a], [b]) => a - b)) {
      systems.set(message, [...(systems.get(message) ?? []), this.#site.systems[system].name]);
    }
    return [...systems].map(([message, names]) => `${names.join(', ')}: ${message}`);
  }

  /** Whatever ran in it is gone. */
  #loseWorker(reason: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#loaded.clear();
    this.weights = null;
    const message = `the worker that runs the systems failed; received ${reason}; try again, and deploy the site again if it stays`;
    this.#site.systems.forEach((_, system) => {
      this.#miss(system, message);
    });
    this.#end();
  }
}
