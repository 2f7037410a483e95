import { recordedScore } from '../../src/bundle/recorded-score.ts';
import {
  ensembleTask,
  predictedLabels,
  statedThreshold,
  type Task,
  thresholdsOf,
} from '../../src/core/task.ts';
import { element, percent, words } from './element.ts';
import type { LabelledPicture, LoadedSystem } from './protocol.ts';

/** Labels a card lists before it is unfolded: these at least, and more where more are predicted. */
const [fewestShown, mostShown] = [5, 12];

/** What systems are weighed by, as cards call it. */
const metricTitles = { 'multi-label': 'F1', 'single-label': 'top-1' } as const;

/** What a card is about. */
interface Card {
  readonly title: string;
  readonly subtitle: string;
  readonly probabilities: Float32Array;
  readonly labels: readonly string[];
  readonly task: Task;
}

/** What the cards are of. */
interface Answered {
  readonly systems: readonly LoadedSystem[];
  readonly weights: readonly number[] | null;
  /** Of the site's systems, those that did not answer. */
  readonly missing: readonly string[];
}

/** One card for the ensemble, or why there is none, and one a system. */
export function resultCards(
  labelled: LabelledPicture,
  { systems, weights, missing }: Answered,
  unfolded: Set<string>,
): HTMLElement[] {
  const cards: Card[] = labelled.systems.flatMap(({ name, probabilities, milliseconds }) => {
    const place = systems.findIndex(({ manifest }) => manifest.name === name);
    if (place < 0) return [];
    const { manifest, provider } = systems[place];
    const { labels, task } = manifest;
    const score = recordedScore(manifest);
    const facts = [
      `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms on ${provider}`,
      ...(weights ? [`weight ${percent(weights[place])}`] : []),
      ...(score ? [`validation ${metricTitles[task.kind]} ${(score.value * 100).toFixed(1)}`] : []),
    ];
    return { title: name, subtitle: facts.join(' · '), probabilities, labels: labels.names, task };
  });
  const elements = cards.map((card) => cardElement(card, unfolded));
  if (!labelled.ensemble) {
    const reason = whyNoEnsemble(systems, missing);
    return reason ? [element('p', { className: 'hint', textContent: reason }), ...elements] : elements;
  }
  const count = systems.length + missing.length;
  const subtitle =
    missing.length === 0
      ? 'vote plus average of all systems'
      : `vote plus average of ${systems.length} of ${count} systems, without ${missing.join(', ')}`;
  const ensemble = {
    ...{ title: 'Ensemble', subtitle, probabilities: labelled.ensemble },
    task: ensembleTask(systems[0].manifest.task.kind),
    labels: systems[0].manifest.labels.names,
  };
  return [cardElement(ensemble, unfolded), ...elements];
}

/** Null where nobody would expect one. */
function whyNoEnsemble(systems: readonly LoadedSystem[], missing: readonly string[]): string | null {
  const count = systems.length + missing.length;
  if (count < 2) return null;
  if (systems.length < 2) return `No ensemble: of ${count} systems only one is left.`;
  const labels = new Set(systems.map(({ manifest }) => manifest.labels.hash));
  if (labels.size > 1) return 'No ensemble: the systems have different labels.';
  return 'No ensemble: it weighs systems by their validation F1, which is not known of all.';
}

function cardElement(card: Card, unfolded: Set<string>): HTMLElement {
  const { title, subtitle, probabilities, labels, task } = card;
  const chosen = predictedLabels(task, probabilities, labels.length);
  const thresholds = thresholdsOf(task, labels.length);
  const ranked = Array.from(probabilities, (probability, i) => ({
    label: labels[i],
    probability,
    isPredicted: chosen[i] === 1,
    threshold: thresholds[i],
  })).sort((a, b) => b.probability - a.probability);
  const predicted = ranked.filter(({ isPredicted }) => isPredicted).length;
  const first = Math.min(Math.max(predicted, fewestShown), mostShown);
  const rows = ranked.map((row, i) => {
    const item = barElement(row);
    item.hidden = i >= first && !unfolded.has(title);
    return item;
  });
  const list = element('ol', { className: 'bars' }, ...rows);
  const more = predicted > first ? ` (${predicted} predicted)` : '';
  const foldText = () => (unfolded.has(title) ? 'Fewer labels' : `All ${labels.length} labels${more}`);
  const fold = element('button', { type: 'button', className: 'quiet fold', textContent: foldText() });
  fold.setAttribute('aria-expanded', String(unfolded.has(title)));
  fold.onclick = () => {
    if (!unfolded.delete(title)) unfolded.add(title);
    rows.forEach((row, i) => {
      row.hidden = i >= first && !unfolded.has(title);
    });
    fold.textContent = foldText();
    fold.setAttribute('aria-expanded', String(unfolded.has(title)));
  };
  return element(
    'section',
    { className: title === 'Ensemble' ? 'card ensemble' : 'card', 'aria-label': `Labels by ${title}` },
    element('header', {}, element('h3', { textContent: title }), element('p', { textContent: subtitle })),
    ...(predicted === 0 ? [element('p', { className: 'none', textContent: noneText(task) })] : []),
    list,
    ...(labels.length > first ? [fold] : []),
  );
}

/** What a label's bar shows. The threshold, where there is one, is a mark on it. */
interface Bar {
  readonly label: string;
  readonly probability: number;
  readonly isPredicted: boolean;
  readonly threshold: number | undefined;
}

function noneText(task: Task): string {
  const threshold = statedThreshold(task);
  return typeof threshold === 'number'
    ? `No label reaches ${percent(threshold)}.`
    : 'No label reaches its threshold.';
}

function barElement({ label, probability, isPredicted, threshold }: Bar): HTMLLIElement {
  return element(
    'li',
    { className: isPredicted ? 'predicted' : '', 'data-label': label },
    element(
      'span',
      { className: 'label' },
      words(label),
      ...(isPredicted ? [element('span', { className: 'sr-only', textContent: ' (predicted)' })] : []),
    ),
    element(
      'span',
      {
        className: threshold === undefined ? 'bar plain' : 'bar',
        'aria-hidden': 'true',
        style: `--threshold: ${(threshold ?? 1) * 100}%`,
      },
      element('span', { className: 'fill', style: `width: ${probability * 100}%` }),
    ),
    element('span', { className: 'value', textContent: percent(probability, 1) }),
  );
}
