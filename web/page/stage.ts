import { byId, clock } from './element.ts';
import { paintHeatMap, rampCss, rangeOf } from './heat-map.ts';
import type { LabelledPicture, Media } from './protocol.ts';

/** Where the picture stands, and the attention over it. */
export class Stage {
  readonly #overlay = byId<HTMLInputElement>('overlay');
  readonly #opacity = byId<HTMLInputElement>('opacity');
  readonly #heat = byId<HTMLCanvasElement>('heat');
  #shown: LabelledPicture | null = null;
  #isEven = true;

  constructor() {
    byId('ramp').style.background = rampCss;
    this.#overlay.onchange = () => this.#applyOverlay();
    this.#opacity.oninput = () => this.#applyOverlay();
    this.#applyOverlay();
  }

  /** @throws when the picture cannot be decoded again */
  async show(labelled: LabelledPicture, media: Media, fileName: string): Promise<void> {
    this.#shown = labelled;
    const bitmap = await createImageBitmap(labelled.picture);
    // Another one was asked for meanwhile.
    if (this.#shown !== labelled) {
      bitmap.close();
      return;
    }
    byId('drop').hidden = true;
    const frame = byId('frame');
    frame.hidden = false;
    frame.style.setProperty('--aspect', String(media.displayAspect));
    const canvas = byId<HTMLCanvasElement>('picture');
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.ariaLabel = `${fileName}${labelled.at ? ` at ${clock(labelled.at.time)}` : ''}`;
    this.#showAttention(labelled);
  }

  clear(): void {
    this.#shown = null;
    for (const id of ['frame', 'attention']) byId(id).hidden = true;
    byId('drop').hidden = false;
  }

  #showAttention({ systems }: LabelledPicture): void {
    const attentive = systems.find(({ attention }) => attention !== null);
    byId('attention').hidden = !attentive;
    this.#isEven = true;
    if (attentive?.attention) {
      const { low, high, isEven } = rangeOf(attentive.attention);
      this.#isEven = isEven;
      if (!isEven) paintHeatMap(this.#heat, attentive.attention);
      byId('attention-of').textContent = attentive.name;
      byId('low').textContent = low.toFixed(2);
      byId('high').textContent = high.toFixed(2);
      const range =
        low.toFixed(2) === high.toFixed(2) ? low.toFixed(2) : `${low.toFixed(2)}–${high.toFixed(2)}`;
      byId('even').textContent = `even all over the picture (${range}): it points nowhere`;
    }
    byId('even').hidden = !this.#isEven;
    for (const part of document.querySelectorAll<HTMLElement>('.uneven')) part.hidden = this.#isEven;
    this.#applyOverlay();
  }

  #applyOverlay(): void {
    this.#heat.hidden = this.#isEven || !this.#overlay.checked;
    this.#heat.style.opacity = this.#opacity.value;
    this.#opacity.disabled = !this.#overlay.checked;
  }
}
