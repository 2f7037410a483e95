import { voteAverage } from '../../eval/ensemble.ts';
import { ensembleTask, type Task } from '../../src/core/task.ts';
import type { JobResponse, LabelledPicture, LoadedSystem, Media } from './protocol.ts';

/** A file, and what the systems said of it so far. */
export class Labelling {
  readonly file: File;
  /** Counts the requests for labels: answers to an older one are dropped. */
  readonly job: number;
  /** Those that label all of it, and their weights in the ensemble. */
  systems: readonly LoadedSystem[];
  weights: readonly number[] | null;
  media: Media | null = null;
  pictures: LabelledPicture[] = [];
  /** `waiting` for systems, or until the worker has said how it ended. */
  state: 'waiting' | 'running' | 'done' | 'stopped' | 'failed' = 'waiting';
  /** What was said of systems that failed on the way. */
  readonly lost: string[] = [];
  readonly #names: readonly string[];

  /** @param names of all systems of the site, loaded or not */
  constructor(
    file: File,
    job: number,
    answering: {
      readonly names: readonly string[];
      readonly systems: readonly LoadedSystem[];
      readonly weights: readonly number[] | null;
    },
  ) {
    this.file = file;
    this.job = job;
    this.systems = answering.systems;
    this.weights = answering.weights;
    this.#names = answering.names;
  }

  /** Names of the site's systems that do not answer. */
  get missing(): string[] {
    const answering = this.systems.map(({ manifest }) => manifest.name);
    return this.#names.filter((name) => !answering.includes(name));
  }

  /** How labels are predicted, by the ensemble or the only system. */
  get task(): Task {
    const [{ manifest }] = this.systems;
    return this.weights ? ensembleTask(manifest.task.kind) : manifest.task;
  }

  get isOpen(): boolean {
    return this.state === 'waiting' || this.state === 'running';
  }

  /** Pictures that there will be, 1 where that is not known. */
  get expected(): number {
    return this.media?.video?.keyFrameCount ?? 1;
  }

  /**
   * Leaves a system out that failed, as if it had never been there: the ensemble of a file is of the same systems from
   * its first key frame to its last.
   */
  lose({ name, message, weights }: JobResponse & { kind: 'lost' }): void {
    this.lost.push(message);
    this.systems = this.systems.filter(({ manifest }) => manifest.name !== name);
    this.weights = weights;
    this.pictures = this.pictures.map((picture) => {
      const systems = picture.systems.filter((system) => system.name !== name);
      const members = systems.map(({ probabilities }) => probabilities);
      return { ...picture, systems, ensemble: weights && voteAverage(members, weights) };
    });
  }
}
