import { mainMetric } from '../../src/core/task.ts';
import { mainTitle, scoreColumns } from '../metrics/columns.ts';
import type { EnsembleScores, Scores } from '../result.ts';
import { bestEpoch, type ChartSeries, epochChart, labelChart } from './charts.ts';
import { confusionTable } from './confusion.ts';
import type { ReportData, ReportError } from './data.ts';
import { html, type Markup } from './html.ts';
import { style } from './style.ts';

/** What the columns of the scores are. */
const scoreTexts = {
  'multi-label':
    'Example-based precision, recall and F1 in percent, averaged over key frames. F1 is not the harmonic mean of the two columns before it.',
  'single-label':
    'Percent of samples whose label is the most probable one, or among the five most probable; and the mean over labels of the former.',
} as const;

const percent = (rate: number | null | undefined): string => (rate == null ? '–' : (rate * 100).toFixed(1));

/**
 * The whole page. It asks for nothing from anywhere, and its own policy would refuse it.
 *
 * @param pictures the errors' frames as `data:` addresses, in their order
 */
export function reportPage(data: ReportData, pictures: readonly string[]): string {
  const { result } = data;
  const title = `${result.dataset}, ${result.split} split`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title} · Actionnx</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p>${result.systems.length} systems on ${result.samples} key frames</p></header>
${cards(data)}
${scoreTable(data)}
${trainingSection(data)}
${labelSection(data)}
${confusionSection(data)}
${errorSection(data, pictures)}
${footer(data)}
</main>
</body>
</html>
`;
  return page.markup;
}

/** A system keeps its colour through every part of the page. */
function seriesOf(data: ReportData, name: string): ChartSeries {
  const index = data.result.systems.findIndex((system) => system.name === name);
  return { name, colour: index < 0 ? 'var(--ensemble)' : `var(--s${index % 6})` };
}

interface Row {
  readonly series: ChartSeries;
  readonly scores: Scores;
}

/** Everything that predicts: the systems, then their ensemble. */
function predictors({ result, ...data }: ReportData): Row[] {
  const rows: Row[] = result.systems.map((scores) => ({
    series: seriesOf({ result, ...data }, scores.name),
    scores,
  }));
  if (result.ensemble) {
    rows.push({ series: { name: 'ensemble', colour: 'var(--ensemble)' }, scores: result.ensemble });
  }
  return rows;
}

function cards(data: ReportData): Markup {
  const { result } = data;
  const value = (scores: Scores) => scores.metrics[mainMetric[result.task]] ?? 0;
  const best = predictors(data).reduce((a, b) => (value(b.scores) > value(a.scores) ? b : a));
  const floor = value(result.constant);
  const seen = result.constant.perLabel.filter(({ support }) => support > 0).length;
  const card = (name: string, value: string, note: string) =>
    html`<div class="panel"><small>${name}</small><b>${value}</b><small>${note}</small></div>`;
  return html`<div class="cards">
${card(`Best ${mainTitle[result.task]}`, `${percent(value(best.scores))} %`, best.series.name)}
${card('Best constant prediction', `${percent(floor)} %`, result.constant.labels.join(', '))}
${card('Key frames', String(result.samples), result.broken.length > 0 ? `${result.broken.length} broken ones left out` : `split ${result.split}`)}
${card('Labels that occur', `${seen}`, `of ${result.labels.names.length}`)}
</div>`;
}

/** How the ensemble is made, in a sentence. */
function ensembleText({ rule, members, weights, weightsFrom }: EnsembleScores): string {
  if (!weights) return `The ensemble takes the ${rule} of ${members.join(', ')}.`;
  const how = rule === 'vote-average' ? '' : ` by ${rule}`;
  const each = members.map((name, i) => `${name} ${weights[i].toFixed(3)}`).join(', ');
  return `The ensemble${how} weighs ${each} (${weightsFrom}).`;
}

function scoreTable(data: ReportData): Markup {
  const { result } = data;
  const rows = predictors(data);
  const columns = scoreColumns[result.task];
  const tops = columns.map(([, metric]) =>
    Math.max(...rows.map(({ scores }) => scores.metrics[metric] ?? 0)),
  );
  const cells = (scores: Scores, mark: boolean) =>
    columns.map(([, metric], i) => {
      const rate = scores.metrics[metric];
      return html`<td class="n${mark && rate === tops[i] ? ' best' : ''}">${percent(rate)}</td>`;
    });
  const bar = (scores: Scores, colour: string) =>
    html`<td class="bar"><div class="track"><i style="width:${percent(scores.metrics[mainMetric[result.task]] ?? 0)}%;background:${colour}"></i></div></td>`;
  const ensembleNote = result.ensemble && ensembleText(result.ensemble);
  return html`<section>
<h2>Scores</h2>
<p>${scoreTexts[result.task]} ${ensembleNote}</p>
<div class="panel scroll"><table>
<thead><tr><th>system</th>${columns.map(([name]) => html`<th class="n">${name}</th>`)}<th></th></tr></thead>
<tbody>
${rows.map(
  ({
    series,
    scores,
  }) => html`<tr class="${scores === result.ensemble ? 'ensemble' : ''}"><td><span class="dot" style="background:${series.colour}"></span>${series.name}</td>${cells(scores, rows.length > 1)}${bar(scores, series.colour)}</tr>
`,
)}<tr class="constant"><td><span class="dot" style="background:var(--rule)"></span>best constant</td>${cells(result.constant, false)}${bar(result.constant, 'var(--faint)')}</tr>
</tbody>
</table></div>
</section>`;
}

/** What was taken for what, by the best that there is. */
function confusionSection(data: ReportData): Markup | null {
  const shown = predictors(data).find(({ series }) => series.name === data.errorsOf);
  const table = shown && confusionTable(shown.scores, data.result);
  if (!table) return null;
  return html`<section>
<h2>Confusion</h2>
<p>Samples of each label (row) by what ${data.errorsOf === 'ensemble' ? 'the ensemble' : data.errorsOf} takes them for (column): the stronger, the larger their share of the label.</p>
<div class="panel">${table}</div>
</section>`;
}

function trainingSection(data: ReportData): Markup | null {
  const training = data.training.filter(({ epochs }) => epochs.length > 0);
  if (training.length === 0) return null;
  const keys = training.map(({ system, epochs }) => {
    const best = bestEpoch(epochs);
    return html`<span><span class="dot" style="background:${seriesOf(data, system).colour}"></span>${system} <b>${percent(best.f1)}</b> at epoch ${best.epoch}</span>`;
  });
  return html`<section>
<h2>Learning</h2>
<p>In percent, ${mainTitle[data.result.task]} on the validation split after each epoch; each system's best epoch is marked.</p>
<div class="panel"><div class="key">${keys}</div>${epochChart(training, (system) => seriesOf(data, system), mainTitle[data.result.task])}</div>
</section>`;
}

function labelSection(data: ReportData): Markup {
  const rows = predictors(data);
  const { perLabel } = data.result.constant;
  const order = Array.from(perLabel.keys())
    .filter((index) => perLabel[index].support > 0)
    .sort((a, b) => perLabel[b].support - perLabel[a].support);
  const absent = perLabel.filter(({ support }) => support === 0).map(({ label }) => label);
  const chart = labelChart(
    order.map((index) => perLabel[index]),
    rows.map(({ series, scores }) => ({ series, scores: order.map((index) => scores.perLabel[index]) })),
  );
  return html`<section>
<h2>Labels</h2>
<p>F1 in percent of each label, most frequent first; the last column counts the key frames that have it. ${absent.length > 0 ? `Not in this split: ${absent.join(', ')}.` : ''}</p>
<div class="panel">${chart}
<details><summary>Precision, recall and F1 of every label</summary><div class="scroll"><table>
<thead><tr><th>label</th><th class="n">support</th>${rows.map(({ series }) => html`<th class="n">${series.name}: P</th><th class="n">R</th><th class="n">F1</th>`)}</tr></thead>
<tbody>${order.map((index) => labelRow(rows, index))}</tbody>
</table></div></details></div>
</section>`;
}

function labelRow(rows: readonly Row[], index: number): Markup {
  const { label, support } = rows[0].scores.perLabel[index];
  const cells = rows.map(({ scores }) => {
    const { precision, recall, f1 } = scores.perLabel[index];
    return html`<td class="n">${percent(precision)}</td><td class="n">${percent(recall)}</td><td class="n">${percent(f1)}</td>`;
  });
  return html`<tr><td>${label}</td><td class="n">${support}</td>${cells}</tr>
`;
}

function errorSection(data: ReportData, pictures: readonly string[]): Markup | null {
  const { result } = data;
  if (data.errors.length === 0) return null;
  return html`<section>
<h2>Worst errors</h2>
<p>The key frames on which ${data.errorsOf === 'ensemble' ? 'the ensemble' : data.errorsOf} does worst, worst first.</p>
<div class="key"><span class="chip hit">found</span><span class="chip missed">missed</span><span class="chip extra">predicted, not there</span></div>
<div class="sheet">${data.errors.map(
    (error, i) => html`<figure><img src="${pictures[i]}" alt="${error.id}">
<figcaption><small><span>${error.id}</span>${result.task === 'multi-label' ? html`<span>F1 ${percent(error.f1)}</span>` : null}</small>${errorChips(error)}</figcaption></figure>
`,
  )}</div>
</section>`;
}

function errorChips({ truth, predicted }: ReportError): Markup {
  const found = new Map(predicted.map(({ label, probability }) => [label, probability]));
  const chip = (kind: string, label: string) =>
    html`<span class="chip ${kind}">${label}${found.has(label) ? ` ${found.get(label)?.toFixed(2)}` : ''}</span>`;
  return html`<div class="chips">${truth.map((label) => chip(found.has(label) ? 'hit' : 'missed', label))}</div>
<div class="chips">${predicted.filter(({ label }) => !truth.includes(label)).map(({ label }) => chip('extra', label))}</div>`;
}

function footer({ result, command, created }: ReportData): Markup {
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  return html`<footer>
<p>${created} · provider ${result.provider} · ${versions.join(' · ')}</p>
<p>labels ${result.labels.hash.slice(0, 12)} · ${result.systems.map(({ name, graph }) => `${name} ${graph.slice(0, 12)}`).join(' · ')}</p>
${command && html`<p><code>${command}</code></p>`}
</footer>`;
}
