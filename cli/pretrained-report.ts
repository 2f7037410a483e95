import type { PretrainedMatch, UnmatchedWeight } from '../models/pretrained/match.ts';
import { table } from './table.ts';

const meanings: Readonly<Record<UnmatchedWeight['reason'], string>> = {
  missing: 'not in the file',
  shape: 'of another shape',
  unexpected: 'left over in the file',
  head: 'for other labels, or new: starts afresh',
  ignored: 'no weights',
};

/**
 * How a file of weights fits a model: what was matched, and what was not and why, a line a reason. Then, of a
 * checkpoint, which of its state dicts that is, and what else was left out.
 *
 * @param metadata the file's
 */
export function pretrainedReport(
  { matched, unmatched, architecture, names }: PretrainedMatch,
  metadata: Readonly<Record<string, string>>,
): string {
  const reasons = Object.keys(meanings) as UnmatchedWeight['reason'][];
  const rows = reasons.flatMap((reason) => {
    const found = unmatched.filter((weight) => weight.reason === reason);
    return found.length === 0 ? [] : [[`${reason}: ${meanings[reason]}`, found.length, examples(found)]];
  });
  const kind = architecture ? `, which are ${architecture.name}'s` : '';
  const fit = table(
    ['Weights', 'Count', 'Which'],
    [['matched', matched.length, `by ${names}'s names${kind}`], ...rows],
  );
  return [fit, ...checkpointLines(metadata)].join('\n');
}

function checkpointLines({
  stateDict,
  otherDicts,
  skippedObjects,
}: Readonly<Record<string, string>>): string[] {
  const line = (text: string) => text.replace(/\p{Cc}/gu, ' ').slice(0, 300);
  return [
    ...(stateDict ? [line(`state dict: ${stateDict}${otherDicts ? `, and not ${otherDicts}` : ''}`)] : []),
    ...(skippedObjects ? [line(`left out, unread: ${skippedObjects}`)] : []),
  ];
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
