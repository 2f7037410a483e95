/**
 * The known names that somebody may have meant: those fewest edits away, of at most two (one for names of up to four
 * letters, none for a single letter).
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const distances = known.map((other) => edits(name, other));
  const nearest = Math.min(...distances);
  return known.filter(
    (other, i) => distances[i] === nearest && nearest < name.length && nearest <= (other.length < 5 ? 1 : 2),
  );
}

/** Letters put in, left out, replaced, or swapped with their neighbour: the optimal string alignment distance. */
function edits(from: string, to: string): number {
  const rows = [[...Array(to.length + 1).keys()]];
  for (let i = 1; i <= from.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? rows[i - 2][j - 2] + 1 : replaced;
      rows[i].push(Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced, swapped));
    }
  }
  return rows[from.length][to.length];
}
