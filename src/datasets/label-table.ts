import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { quoted, reasonOf, UserError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest-names.ts';
import { decodeText } from '../core/text.ts';
import { isInside } from '../node/owned-folder.ts';
import type { BrokenSamples } from './broken-samples.ts';
import { folderSplits } from './folder-splits.ts';

/** A row of `labels.csv` that is as it must be, its labels still names. */
export interface LabelRow {
  /** What errors call it: the file and line. */
  readonly where: string;
  readonly file: string;
  readonly labels: readonly string[];
  readonly split: string;
  readonly group: string | undefined;
  readonly frame: number | undefined;
}

/** What `labels.csv` says. */
export interface LabelTable {
  /** Single-label where the column is called `label`, multi-label where it is called `labels`. */
  readonly task: 'single-label' | 'multi-label';
  /** Those of the splits that occur, in their usual order. */
  readonly splits: readonly string[];
  readonly rows: readonly LabelRow[];
}

/** The table's name in its folder. */
export const labelTableName = 'labels.csv';

const optional = ['split', 'group', 'frame'] as const;
const known = ['file', 'labels', 'label', ...optional] as const;

type Column = (typeof known)[number];

/**
 * Reads `labels.csv` (RFC 4180: commas, quotes, any line ends; UTF-8, or UTF-16 with a byte order mark). Its header
 * names the columns, in any order:
 *
 * - `file`: a path in the folder, with `/` between;
 * - `labels`: names with `|` or `;` between, or `label`: exactly one name;
 * - `split`, optional: `train`, `val` or `test`. Without the column all are in `train`;
 * - `group`, optional: rows that share it belong together, as those of one video do. Where empty: the file;
 * - `frame`, optional: a video's key frame, numbered from 1. Where empty: the labels are of the whole video.
 *
 * Other columns count for nothing, unless they look like one of these misspelt.
 *
 * @throws UserError naming the line that is not so, unless broken samples are skipped; or a header that is not so
 */
export async function readLabelTable(root: string, broken: BrokenSamples): Promise<LabelTable> {
  const path = join(root, labelTableName);
  const [header, ...body] = parseTable(path, decodeText(await readFile(path), path));
  const columns = readHeader(path, header?.cells ?? []);
  const rows: LabelRow[] = [];
  const seen = new Map<string, string>();
  for (const { cells, line } of body) {
    const where = `${path} line ${line}`;
    try {
      const row = readRow(where, cells, columns);
      const key = `${row.file}\n${row.frame ?? ''}`;
      const before = seen.get(key);
      if (before !== undefined) {
        const what = row.frame === undefined ? 'file' : 'frame';
        throw new UserError(`${where} repeats a ${what}`, { received: `${row.file}, as ${before} does` });
      }
      seen.set(key, `line ${line}`);
      rows.push(row);
    } catch (error) {
      broken.report(`${labelTableName} line ${line}`, error);
    }
  }
  if (body.length === 0) throw new UserError(`${path} must have a row for each sample`, { received: 'none' });
  const occurring = new Set(rows.map(({ split }) => split));
  return {
    task: columns.places.has('label') ? 'single-label' : 'multi-label',
    splits: folderSplits.filter((split) => occurring.has(split)),
    rows,
  };
}

interface TableLine {
  readonly cells: readonly string[];
  /** The last that it takes up, from 1. */
  readonly line: number;
}

function parseTable(path: string, text: string): TableLine[] {
  const table: TableLine[] = [];
  try {
    parse(text, {
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        table.push({ cells, line: lines });
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${path} must be a table of comma-separated values`, {
      received: reasonOf(error),
      remedy: 'put cells that hold commas, quotes or line ends in quotes, and double the quotes inside',
      cause: error,
    });
  }
  return table;
}

interface Columns {
  readonly count: number;
  readonly places: ReadonlyMap<Column, number>;
}

function readHeader(path: string, header: readonly string[]): Columns {
  const places = new Map<Column, number>();
  for (const name of known) {
    const place = header.indexOf(name);
    if (header.lastIndexOf(name) !== place) {
      throw new UserError(`${path} must have a column once`, { received: `${name} twice` });
    }
    if (place >= 0) places.set(name, place);
  }
  const rule = `${path} needs a header with file and labels (or label), and maybe split, group, frame`;
  const received = quoted(header.join(','));
  if (!places.has('file') || places.has('labels') === places.has('label')) {
    throw new UserError(rule, { received, remedy: 'make it the first line, with commas between' });
  }
  const absent = optional.filter((column) => !places.has(column));
  for (const name of header.filter((name) => !known.some((column) => column === name))) {
    const [meant] = nearestNames(name.toLowerCase(), absent);
    if (meant !== undefined) {
      throw new UserError(rule, { received, remedy: `call the column ${meant} instead of ${name}` });
    }
  }
  return { count: header.length, places };
}

function readRow(where: string, cells: readonly string[], { count, places }: Columns): LabelRow {
  if (cells.length !== count) {
    throw new UserError(`${where} needs ${count} cells, as the header has`, {
      received: `${cells.length}: ${quoted(cells.join(','))}`,
    });
  }
  const cell = (name: Column) => cells[places.get(name) ?? -1] ?? '';
  const file = cell('file');
  if (!isInside(file)) {
    throw new UserError(`${where} needs a file in the folder, as a path with / between`, {
      received: quoted(file),
    });
  }
  const split = places.has('split') ? cell('split') : 'train';
  if (!folderSplits.includes(split)) {
    throw new UserError(`${where} needs a split`, {
      received: quoted(split),
      remedy: `known: ${folderSplits.join(', ')}`,
    });
  }
  const frame = cell('frame');
  if (frame !== '' && !/^[1-9]\d{0,8}$/.test(frame)) {
    throw new UserError(`${where} needs a frame numbered from 1, or none`, { received: quoted(frame) });
  }
  return {
    where,
    file,
    labels: readLabels(where, places.has('label') ? [cell('label')] : cell('labels').split(/[|;]/)),
    split,
    group: cell('group') === '' ? undefined : cell('group'),
    frame: frame === '' ? undefined : Number(frame),
  };
}

function readLabels(where: string, cells: readonly string[]): string[] {
  const labels = cells.map((label) => label.trim());
  if (labels.length === 1 && labels[0] === '') {
    throw new UserError(`${where} needs a label`, { received: 'none' });
  }
  if (labels.includes('')) {
    throw new UserError(`${where} needs a label on either side of a separator`, {
      received: quoted(cells.join('|')),
    });
  }
  const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
  if (repeated !== undefined) {
    throw new UserError(`${where} must have a label once`, { received: `${quoted(repeated)} twice` });
  }
  return labels;
}
