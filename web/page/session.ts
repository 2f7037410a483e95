import { reasonOf } from '../../src/core/errors.ts';
import { predictedLabels } from '../../src/core/task.ts';
import { byId, clock, element, percent, words } from './element.ts';
import { Labelling } from './labelling.ts';
import type { Notice } from './notice.ts';
import type { JobResponse } from './protocol.ts';
import { resultFile } from './result-file.ts';
import { resultCards } from './results.ts';
import type { Silence } from './silence.ts';
import { Stage } from './stage.ts';
import type { Systems } from './systems.ts';
import { deciding, Timeline } from './timeline.ts';

/** The file on the screen: its labels as they come, and what is looked at. */
export class Session {
  readonly #systems: Systems;
  readonly #error: Notice;
  readonly #silence: Silence;
  readonly #stage = new Stage();
  readonly #timeline: Timeline;
  readonly #rate = byId<HTMLSelectElement>('rate');
  /** What stands in place of labels while there are none. */
  readonly #noLabels = [...byId('results').childNodes];
  /** Titles of cards that list all labels. */
  readonly #unfolded = new Set<string>();
  #current: Labelling | null = null;
  #selected = 0;
  #turn = 0;
  #player: ReturnType<typeof setInterval> | undefined;

  /** @param error says what is wrong with a file, until the next one */
  constructor({ systems, error, silence }: { systems: Systems; error: Notice; silence: Silence }) {
    this.#systems = systems;
    this.#error = error;
    this.#silence = silence;
    this.#timeline = new Timeline(byId('row-names'), byId('columns'), (index) => {
      this.#stopPlaying();
      this.#select(index);
    });
    byId('play').onclick = () => this.#togglePlaying();
    byId('stop').onclick = () => this.#stop();
    byId('download').onclick = () => this.#download();
    this.#rate.onchange = () => this.#current && this.label(this.#current.file);
  }

  /** A number for what somebody chose last: what was chosen before and comes later is not wanted any more. */
  takeTurn(): number {
    this.#turn += 1;
    return this.#turn;
  }

  isLatest(turn: number): boolean {
    return turn === this.#turn;
  }

  /** Labels a file, or keeps it until there are systems; what was shown before stays until the first answer. */
  label(file: File): void {
    this.#error.hide();
    this.#stopPlaying();
    const { isLoading, loaded, weights, names } = this.#systems;
    const answering = { names, weights, systems: isLoading ? [] : loaded };
    const current = new Labelling(file, this.takeTurn(), answering);
    this.#current = current;
    this.#selected = 0;
    byId('download').hidden = true;
    if (answering.systems.length > 0) {
      current.state = 'running';
      document.body.dataset.state = 'labelling';
      this.#silence.begin(() => 'No answer for a while: large pictures take their time on a slow device.');
      this.#systems.ask({ kind: 'predict', job: current.job, file, rate: Number(this.#rate.value) });
    }
    this.#showProgress();
    this.#describe();
  }

  /** The systems are loaded, all or some, once more: whatever was running has ended. */
  hearLoading(): void {
    if (this.#current?.isOpen) this.#current.state = 'waiting';
    this.#showProgress();
    this.#describe();
  }

  /** Every system is loaded or missing. */
  hearReady(): void {
    const current = this.#current;
    if (!current) return;
    const { loaded } = this.#systems;
    if (loaded.length === 0) this.hearLoading();
    else if (current.isOpen || loaded.some((system) => !current.systems.includes(system))) {
      this.label(current.file);
    } else document.body.dataset.state = 'done';
  }

  hear(response: JobResponse): void {
    const current = this.#current;
    if (!current || response.job !== current.job || current.state !== 'running') return;
    if (response.kind === 'media') {
      current.media = response.media;
    } else if (response.kind === 'labelled') {
      current.pictures.push(response.labelled);
      const count = current.pictures.length;
      if (count === 1) this.#startTimeline(current);
      else this.#timeline.add(response.labelled);
      if (count === 1) this.#select(0);
      byId('play').hidden = count < 2;
    } else if (response.kind === 'lost') {
      current.lose(response);
      this.#error.show(current.lost);
      this.#startTimeline(current);
      this.#select(this.#selected);
    } else {
      this.#end(current, response.kind);
      if (response.kind === 'failed') this.#fail(current, response);
    }
    this.#showProgress();
  }

  #end(current: Labelling, state: 'done' | 'stopped' | 'failed'): void {
    current.state = state;
    this.#silence.end();
    this.#timeline.finish();
    byId('download').hidden = state === 'failed' || current.pictures.length === 0;
    document.body.dataset.state = 'done';
    this.#describe();
    const count = current.pictures.length;
    if (state !== 'failed') say(count === 1 ? this.#spoken() : `${count} key frames of ${current.file.name}`);
  }

  /** What the file itself gave before it failed stays; what an earlier one gave would be taken for its own. */
  #fail(current: Labelling, { message, all }: JobResponse & { kind: 'failed' }): void {
    this.#error.show([...current.lost, message], all ? () => this.#systems.load() : undefined);
    if (current.pictures.length === 0) this.#clear();
  }

  #clear(): void {
    this.#stage.clear();
    byId('timeline').hidden = true;
    byId('caption').textContent = '';
    byId('results').replaceChildren(...this.#noLabels);
  }

  #stop(): void {
    const current = this.#current;
    if (current?.state !== 'running') return;
    this.#systems.ask({ kind: 'stop' });
    if (current.pictures.length === 0) this.#clear();
    this.#end(current, 'stopped');
    this.#showProgress();
  }

  #showProgress(): void {
    const current = this.#current;
    byId('progress-row').hidden = current?.state !== 'running';
    if (!current) return;
    const { pictures, expected, media } = current;
    byId<HTMLProgressElement>('progress').value = pictures.length / expected;
    byId('progress-text').textContent = media?.video ? `${pictures.length} of ${expected}` : '';
  }

  /** The line below the picture. */
  #describe(): void {
    if (!this.#current) return;
    const { file, media, pictures, state, expected } = this.#current;
    const at = pictures[this.#selected]?.at;
    const waitsFor = this.#systems.isLoading ? 'waits for the systems' : 'waits: no system is loaded';
    const facts = [
      file.name,
      media ? `${media.width} × ${media.height}` : '',
      at ? `frame ${at.frame} of ${media?.video?.frameCount}, ${clock(at.time)}` : '',
      state === 'waiting' ? waitsFor : '',
      state === 'stopped' ? `stopped after ${pictures.length} of ${expected} key frames` : '',
    ];
    byId('caption').textContent = facts.filter(Boolean).join(' · ');
  }

  #startTimeline(current: Labelling): void {
    const { media, pictures, systems, task } = current;
    byId('timeline').hidden = !media?.video;
    if (!media?.video) return;
    const { names: labels } = systems[0].manifest.labels;
    this.#timeline.start({ labels, task, aspect: media.displayAspect });
    for (const picture of pictures) this.#timeline.add(picture);
  }

  #select(index: number): void {
    const current = this.#current;
    const picture = current?.pictures[index];
    if (!current?.media || !picture) return;
    this.#selected = index;
    this.#stage.show(picture, current.media, current.file.name).catch((error) => {
      this.#error.show([`this picture cannot be shown again; received ${reasonOf(error)}`]);
    });
    this.#timeline.select(index);
    this.#describe();
    byId('results').replaceChildren(...resultCards(picture, current, this.#unfolded));
    if (!current.isOpen && this.#player === undefined) say(this.#spoken());
  }

  /** The labels that decide, for screen readers: every bar would be too much. */
  #spoken(): string {
    const picture = this.#current?.pictures[this.#selected];
    if (!this.#current || !picture) return '';
    const { systems, task } = this.#current;
    const probabilities = deciding(picture);
    const { names } = systems[0].manifest.labels;
    const chosen = predictedLabels(task, probabilities, names.length);
    const predicted = names
      .map((name, i) => ({ name, probability: probabilities[i] }))
      .filter((_, i) => chosen[i])
      .sort((a, b) => b.probability - a.probability)
      .map(({ name, probability }) => `${words(name)} ${percent(probability)}`);
    const where = picture.at ? `${clock(picture.at.time)}: ` : '';
    return where + (predicted.join(', ') || 'no label');
  }

  #stopPlaying(): void {
    clearInterval(this.#player);
    this.#player = undefined;
    byId('play').textContent = 'Play';
  }

  #togglePlaying(): void {
    if (this.#player !== undefined) {
      this.#stopPlaying();
      return;
    }
    byId('play').textContent = 'Pause';
    const pause = Math.max(200, 1000 / Number(this.#rate.value));
    this.#player = setInterval(() => {
      this.#select((this.#selected + 1) % Math.max(1, this.#current?.pictures.length ?? 1));
    }, pause);
  }

  #download(): void {
    if (!this.#current?.media) return;
    const { file, media, systems, weights, pictures, missing, state } = this.#current;
    const { version, runtime } = this.#systems;
    const result = resultFile({
      ...{ fileName: file.name, version, runtime, systems, weights, missing, media, pictures },
      isStopped: state === 'stopped',
    });
    const url = URL.createObjectURL(
      new Blob([`${JSON.stringify(result, null, 2)}\n`], { type: 'application/json' }),
    );
    element('a', { href: url, download: `${file.name}.json` }).click();
    URL.revokeObjectURL(url);
  }
}

function say(text: string): void {
  byId('said').textContent = text;
}
