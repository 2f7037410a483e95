import Table from 'cli-table3';
import pc from 'picocolors';

const numeric = /^[-+−<>≤≥]?\d[\d.,]*(e[-+]?\d+)?(\s?(%|[a-zA-Zµ×/]{1,5}))?$/;
const missing = new Set(['', '–', '-']);

/** Rows drawn at a time: for each, cli-table3 looks at all those above it, and puts them all on the stack. */
const blockRows = 100;

/**
 * A table as text, its columns lined up, with a rule under the head and no other lines. Columns of numbers (or of
 * numbers with a unit, or `–` for a missing one) are right-aligned; where one number in a column has a fraction,
 * all have three decimals, so give them as text for another precision.
 */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const columns = head.map((_, column) => rows.map((row) => row[column]));
  const isNumeric = columns.map(
    (cells) =>
      cells.some((cell) => !missing.has(String(cell))) &&
      cells.every((cell) => typeof cell === 'number' || missing.has(cell) || numeric.test(cell)),
  );
  const hasFraction = columns.map((cells) =>
    cells.some((cell) => typeof cell === 'number' && !Number.isInteger(cell)),
  );
  const text = (cell: string | number, column: number) =>
    typeof cell === 'number' ? (hasFraction[column] ? cell.toFixed(3) : String(cell)) : cell;

  const cells = rows.map((row) => row.map(text));
  const blocks = Array.from({ length: Math.max(1, Math.ceil(cells.length / blockRows)) }, (_, i) =>
    cells.slice(i * blockRows, (i + 1) * blockRows),
  );
  const bold = head.map((name) => pc.bold(name));
  const aligned = isNumeric.map((right) => (right ? ('right' as const) : ('left' as const)));
  const widths = blocks
    .map((block) => draw(bold, block, aligned).widths)
    .reduce((widest, own) => widest.map((width, column) => Math.max(width, own[column])));
  return blocks
    .map((block, i) => draw(i === 0 ? bold : [], block, aligned, widths).text)
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** @returns the block, and the widths of its columns: those that it needs where none are given */
function draw(
  head: readonly string[],
  rows: readonly string[][],
  colAligns: ('left' | 'right')[],
  widths: readonly number[] = [],
): { text: string; widths: number[] } {
  const drawn = new Table({
    head: [...head],
    colAligns,
    colWidths: [...widths],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      right: '',
      'right-mid': '',
      mid: '─',
      'mid-mid': '',
      middle: '',
    },
  });
  drawn.push(...rows);
  const text = drawn.toString();
  // The library notes there what it has found.
  return { text, widths: drawn.options.colWidths.map(Number) };
}
