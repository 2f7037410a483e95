import { reasonOf, UserError } from '../core/errors.ts';
import { a2dLabels, type LabelSet } from '../core/labels.ts';
import { readText } from './text-file.ts';

/**
 * A label set from a text file with one name a line, in class order. A2D's own names get A2D's codes, others none.
 *
 * @param expected how many labels the model has; default: any number
 * @param outputs the model's, as a message describes them
 * @throws UserError when there are more or fewer, an empty one, one that occurs twice, or several on a line
 */
export async function readLabelFile(path: string, expected?: number, outputs = ''): Promise<LabelSet> {
  const text = await readText(path).catch((cause) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError('the label file must be readable', { received: reasonOf(cause), cause });
  });
  const names = text
    .trimEnd()
    .split(/\r?\n/)
    .map((name) => name.trim());
  const rule =
    expected === undefined
      ? 'a label file must have one label a line'
      : `a label file must have ${expected} lines, one label each, for a model that gives ${outputs}`;
  const columns = Math.max(...names.map((name) => name.split(/[,;\t]/).length));
  if (columns > 1) throw new UserError(rule, { received: `${columns} columns in ${path}` });
  if (expected !== undefined && names.length !== expected) {
    throw new UserError(rule, {
      received: `${names.length} line${names.length === 1 ? '' : 's'} in ${path}`,
      remedy: 'give the labels that it was trained with, in their order',
    });
  }
  const empty = names.indexOf('');
  if (empty >= 0)
    throw new UserError('a label must have a name', { received: `none in line ${empty + 1} of ${path}` });
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new UserError('labels must be different', { received: `${repeated} twice in ${path}` });
  }
  const isA2d = names.join('\n') === a2dLabels.names.join('\n');
  return { names, codes: isA2d ? a2dLabels.codes : [] };
}
