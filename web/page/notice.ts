import { element } from './element.ts';

/** A box that says what is wrong, and offers the remedy as a button where the page knows one. */
export class Notice {
  readonly #box: HTMLElement;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  show(lines: readonly (Node | string)[], retry?: () => void): void {
    const paragraphs = lines.map((line) => element('p', {}, line));
    this.#box.replaceChildren(element('div', {}, ...paragraphs));
    if (retry) {
      const button = element('button', { type: 'button', textContent: 'Try again' });
      button.onclick = retry;
      this.#box.append(button);
    }
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }
}
