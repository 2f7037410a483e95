import { atOneHalf, predictedLabels, type Task } from '../../src/core/task.ts';
import { clock, element, percent, words } from './element.ts';
import type { LabelledPicture } from './protocol.ts';

/** Rows at most. */
const shownLabels = 8;

/** Of thumbnails, CSS pixels. */
const thumbnailHeight = 54;

/** The probabilities that decide: the ensemble's, or the only (first) system's. */
export function deciding(labelled: LabelledPicture): Float32Array {
  return labelled.ensemble ?? labelled.systems[0].probabilities;
}

/** What a timeline is of. */
export interface TimelineOptions {
  readonly labels: readonly string[];
  readonly task: Task;
  /** Width over height of the pictures. */
  readonly aspect: number;
}

interface Column {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly probabilities: Float32Array;
}

/**
 * Key frames from left to right, with the labels that matter below them: the stronger a cell, the more probable; a
 * ring where the label is predicted. It grows by a column a key frame; the columns before stay as they are, unless
 * another label comes to matter.
 */
export class Timeline {
  readonly #names: HTMLElement;
  readonly #list: HTMLElement;
  readonly #onSelect: (index: number) => void;
  #options: TimelineOptions = { labels: [], task: atOneHalf, aspect: 1 };
  #columns: Column[] = [];
  /** Each label's largest probability so far, and whether it was ever predicted. */
  #peaks = new Float32Array(0);
  #found = new Set<number>();
  /** Labels that have a row, by index. */
  #rows: number[] = [];
  #addresses: string[] = [];
  #selected = 0;

  constructor(names: HTMLElement, list: HTMLElement, onSelect: (index: number) => void) {
    this.#names = names;
    this.#list = list;
    this.#onSelect = onSelect;
    list.onkeydown = (event) => this.#move(event);
  }

  /** Begins an empty one. */
  start(options: TimelineOptions): void {
    for (const address of this.#addresses) URL.revokeObjectURL(address);
    this.#options = options;
    this.#columns = [];
    this.#addresses = [];
    this.#rows = [];
    this.#selected = 0;
    this.#peaks = new Float32Array(options.labels.length);
    this.#found = new Set();
    this.#list.replaceChildren();
    this.#names.replaceChildren();
    const width = Math.min(Math.max(thumbnailHeight * options.aspect, 30), 110);
    this.#list.style.setProperty('--thumbnail', `${Math.round(width)}px`);
  }

  /** Adds the next key frame. */
  add(labelled: LabelledPicture): void {
    const probabilities = deciding(labelled);
    const predicted = this.#predicted(probabilities);
    probabilities.forEach((probability, label) => {
      if (probability > this.#peaks[label]) this.#peaks[label] = probability;
      if (predicted[label]) this.#found.add(label);
    });
    const button = this.#button(labelled, this.#columns.length);
    const item = element('li', {}, button);
    const column = { item, button, probabilities };
    this.#columns.push(column);
    const wanted = this.#wantedRows();
    const isSame = wanted.length === this.#rows.length && wanted.every((row) => this.#rows.includes(row));
    if (isSame) this.#fill(column);
    else this.#setRows(wanted);
    this.#list.append(item);
  }

  /** No more will come: the rows are brought into their order. */
  finish(): void {
    if (this.#columns.length === 0) return;
    const wanted = this.#wantedRows();
    if (wanted.some((row, i) => row !== this.#rows[i])) this.#setRows(wanted);
  }

  /** Marks a column, and brings it into sight. */
  select(index: number): void {
    const [before, after] = [this.#columns[this.#selected], this.#columns[index]];
    if (!after) return;
    const hadFocus = document.activeElement === before?.button;
    for (const [column, isSelected] of [[before, false] as const, [after, true] as const]) {
      column?.button.setAttribute('aria-pressed', String(isSelected));
      if (column) column.button.tabIndex = isSelected ? 0 : -1;
    }
    this.#selected = index;
    if (hadFocus) after.button.focus({ preventScroll: true });
    const list = this.#list;
    // The page itself is not to scroll, as it would with scrollIntoView.
    const [left, right] = [after.item.offsetLeft - list.offsetLeft, after.item.offsetWidth];
    if (left < list.scrollLeft || left + right > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = left - (list.clientWidth - right) / 2;
    }
  }

  #button({ thumbnail, at }: LabelledPicture, index: number): HTMLButtonElement {
    const time = clock(at?.time ?? 0);
    const src = URL.createObjectURL(thumbnail);
    this.#addresses.push(src);
    const isSelected = index === this.#selected;
    const button = element(
      'button',
      {
        type: 'button',
        title: `Key frame at ${time}`,
        'aria-pressed': String(isSelected),
        'data-frame': at?.frame ?? 1,
        // One stop for the tab key; arrows go on from there.
        tabIndex: isSelected ? 0 : -1,
      },
      element('img', { src, alt: '', decoding: 'async', height: thumbnailHeight }),
      element('span', { textContent: time }),
    );
    button.onclick = () => this.#onSelect(index);
    return button;
  }

  /** The labels worth a row: the most probable anywhere, those that are predicted first. */
  #wantedRows(): number[] {
    const peaks = this.#peaks;
    const rank = (label: number) => (this.#found.has(label) ? 1 : 0);
    const ranked = Array.from(peaks.keys()).sort((a, b) => rank(b) - rank(a) || peaks[b] - peaks[a]);
    return ranked.slice(0, Math.min(shownLabels, Math.max(3, this.#found.size)));
  }

  #predicted(probabilities: Float32Array): Uint8Array {
    return predictedLabels(this.#options.task, probabilities, this.#options.labels.length);
  }

  #setRows(rows: number[]): void {
    this.#rows = rows;
    this.#list.style.setProperty('--rows', String(rows.length));
    this.#names.replaceChildren(
      ...rows.map((label) => element('li', { textContent: words(this.#options.labels[label]) })),
    );
    for (const column of this.#columns) this.#fill(column);
  }

  #fill({ item, button, probabilities }: Column): void {
    const { labels } = this.#options;
    const chosen = this.#predicted(probabilities);
    const cells = this.#rows.map((label) => {
      const probability = probabilities[label];
      const text = percent(probability);
      return element('span', {
        className: chosen[label] ? 'cell predicted' : 'cell',
        style: `--p: ${Math.round(probability * 100)}%`,
        title: `${words(labels[label])}: ${text}`,
        textContent: text,
        'aria-hidden': 'true',
      });
    });
    item.replaceChildren(button, ...cells);
    item.onclick = ({ target }) => {
      if (target instanceof HTMLElement && target.className.startsWith('cell')) button.click();
    };
    const predicted = this.#rows.filter((label) => chosen[label]);
    const spoken = predicted.map((label) => `${words(labels[label])} ${percent(probabilities[label])}`);
    button.ariaLabel = `${button.title}: ${spoken.join(', ') || 'no label'}`;
  }

  #move(event: KeyboardEvent): void {
    const last = this.#columns.length - 1;
    const places: Record<string, number> = {
      ArrowLeft: this.#selected - 1,
      ArrowRight: this.#selected + 1,
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    if (place === undefined || last < 0) return;
    event.preventDefault();
    this.#onSelect(Math.min(Math.max(place, 0), last));
  }
}
