import type { Result, Scores } from '../result.ts';
import { html, type Markup } from './html.ts';

/** Samples by true label (row) and predicted one (column): the darker, the larger the share of the row. */
export function confusionTable(scores: Scores, { labels: { names } }: Result): Markup | null {
  const { confusion } = scores;
  if (!confusion) return null;
  const rows = confusion.flatMap((row, label) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return support > 0 ? [{ row, label, support }] : [];
  });
  const cells = ({ row, label, support }: (typeof rows)[number]) =>
    row.map((count, column) => {
      const share = Math.round((100 * count) / support);
      const title = `${names[label]} taken for ${names[column]}: ${count} of ${support}`;
      const kind = column === label ? 'right' : 'wrong';
      return html`<td class="${kind}" style="--share:${share}%" title="${title}">${count === 0 ? '' : count}</td>`;
    });
  return html`<div class="scroll"><table class="confusion">
<thead><tr><th></th>${names.map((name) => html`<th><span>${name}</span></th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr><th>${names[row.label]}</th>${cells(row)}</tr>
`,
  )}</tbody>
</table></div>`;
}
