import type { PretrainedMatch, UnmatchedWeight } from '../models/pretrained/match.ts';
import { table } from './table.ts';

const meanings: Readonly<Record<UnmatchedWeight['reason'], string>> = {
  missing: 'not in the file',
  shape: 'of another shape',
  unexpected: 'left over in the file',
  head: 'for other labels, or new: starts afresh',
  ignored: 'no weights',
};

/** How a file of weights fits a model: what was matched, and what was not and why, a line a reason. */
export function pretrainedReport({ matched, unmatched, architecture, names }: PretrainedMatch): string {
  const reasons = Object.keys(meanings) as UnmatchedWeight['reason'][];
  const rows = reasons.flatMap((reason) => {
    const found = unmatched.filter((weight) => weight.reason === reason);
    return found.length === 0 ? [] : [[`${reason}: ${meanings[reason]}`, found.length, examples(found)]];
  });
  const kind = architecture ? `, which are ${architecture.name}'s` : '';
  return table(
    ['Weights', 'Count', 'Which'],
    [['matched', matched.length, `by ${names}'s names${kind}`], ...rows],
  );
}

/** The first two, with what is known of the first. */
function examples(found: readonly UnmatchedWeight[]): string {
  const named = found.slice(0, 2).map(({ name }) => clipped(name));
  return `${named.join(', ')}${found.length > 2 ? ', …' : ''} (${clipped(found[0].detail)})`;
}

/** Names come from a file: on one line, and of a length that a terminal has room for. */
function clipped(text: string): string {
  const line = text.replace(/\p{Cc}/gu, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** The same for programs: every name, without values. */
export function pretrainedJson({ matched, unmatched, architecture, names }: PretrainedMatch) {
  return {
    names,
    architecture: architecture?.name ?? null,
    matched: matched.map(({ weight, tensor }) => ({ weight, tensor })),
    unmatched,
  };
}
