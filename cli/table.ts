import Table from 'cli-table3';
import pc from 'picocolors';

const numeric = /^[-+−<>≤≥]?\d[\d.,]*(e[-+]?\d+)?(\s?(%|[a-zA-Zµ×/]{1,5}))?$/;
const missing = new Set(['', '–', '-']);

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

  const drawn = new Table({
    head: head.map((name) => pc.bold(name)),
    colAligns: isNumeric.map((right) => (right ? 'right' : 'left')),
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
  drawn.push(...rows.map((row) => row.map(text)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
