import { clock, element, percent, words } from './element.ts';
import type { LabelledPicture } from './protocol.ts';

/** Rows of the grid at most. */
const shownLabels = 8;

/** The probabilities that decide: the ensemble's, or the only (first) system's. */
export function deciding(labelled: LabelledPicture): Float32Array {
  return labelled.ensemble ?? labelled.systems[0].probabilities;
}

/** The labels worth a row: the most probable anywhere, those that are predicted first. */
function rowLabels(pictures: readonly LabelledPicture[], labels: readonly string[], threshold: number) {
  const peaks = labels.map((label, index) => ({
    label,
    index,
    peak: pictures.reduce((peak, picture) => Math.max(peak, deciding(picture)[index]), 0),
  }));
  const ranked = peaks.sort((a, b) => b.peak - a.peak);
  const predicted = ranked.filter(({ peak }) => peak >= threshold).length;
  return ranked.slice(0, Math.min(shownLabels, Math.max(3, predicted)));
}

function thumbnail(picture: ImageBitmap, aspect: number): HTMLCanvasElement {
  const height = 54;
  const canvas = element('canvas', { width: Math.round(height * aspect), height });
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * Key frames from left to right, with the labels that matter below them: the stronger a cell, the more probable; a
 * ring where the label is predicted.
 */
export function timelineTable(
  pictures: readonly LabelledPicture[],
  options: {
    readonly labels: readonly string[];
    readonly threshold: number;
    readonly aspect: number;
    readonly selected: number;
    readonly onSelect: (index: number) => void;
  },
): HTMLTableElement {
  const { labels, threshold, aspect, selected, onSelect } = options;
  const heads = pictures.map(({ picture, at }, i) => {
    const time = clock(at?.time ?? 0);
    const button = element(
      'button',
      { type: 'button', title: `Key frame at ${time}`, 'aria-pressed': String(i === selected) },
      thumbnail(picture, aspect),
      element('span', { textContent: time }),
    );
    button.onclick = () => onSelect(i);
    return element('th', { scope: 'col', 'data-index': i }, button);
  });
  const rows = rowLabels(pictures, labels, threshold).map(({ label, index }) => {
    const cells = pictures.map((picture, i) => {
      const probability = deciding(picture)[index];
      const isPredicted = probability >= threshold;
      const cell = element(
        'td',
        { title: `${words(label)}: ${percent(probability)}`, 'data-index': i },
        element('span', {
          className: isPredicted ? 'cell predicted' : 'cell',
          style: `--p: ${Math.round(probability * 100)}%`,
          textContent: percent(probability),
        }),
      );
      cell.onclick = () => onSelect(i);
      return cell;
    });
    return element('tr', {}, element('th', { scope: 'row', textContent: words(label) }), ...cells);
  });
  return element(
    'table',
    {},
    element('caption', { className: 'sr-only', textContent: 'Labels at the key frames' }),
    element('thead', {}, element('tr', {}, element('td', {}), ...heads)),
    element('tbody', {}, ...rows),
  );
}
