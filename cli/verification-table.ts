import pc from 'picocolors';
import type { VerificationRow } from '../exporters/onnx/verify.ts';
import { quoted } from '../src/core/errors.ts';
import { table } from './table.ts';

/** How far each runtime is off. @param reference what from */
export function verificationTable(rows: readonly VerificationRow[], reference: string): string {
  // Measured for all outputs or for none.
  const isMeasured = rows.some(({ spread }) => spread !== undefined);
  return table(
    [
      ...['Runtime', 'Provider', 'Output', 'Samples', 'Values', `Max difference from ${reference}`],
      ...(isMeasured ? ["tfjs's own spread", 'Allowed'] : []),
    ],
    rows.map((row) => [
      ...[`${row.runtime} ${row.version}`, row.provider, row.output, row.samples],
      `${row.least.toPrecision(2)} to ${row.greatest.toPrecision(2)}`,
      ...[row.maxDifference, row.spread, row.allowed]
        .filter((value) => value !== undefined)
        .map((value) => value.toExponential(1)),
    ]),
  );
}

/** Which outputs all inputs leave nearly as they are, so that a wrong graph could agree on them too; null where none does. */
export function unvariedNote(rows: readonly VerificationRow[]): string | null {
  const names = rows
    .filter(({ least, greatest, maxDifference }) => greatest - least <= 100 * maxDifference)
    .map(({ output }) => quoted(output));
  if (names.length === 0) return null;
  const which = [...new Set(names)].join(', ');
  return `${pc.yellow('note:')} ${which} hardly differs from input to input, so that agreement says little`;
}
