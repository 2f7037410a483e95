import type { VerificationRow } from '../../exporters/onnx/verify.ts';
import { table } from '../table.ts';

/** How far each runtime is off. @param reference what from */
export function verificationTable(rows: readonly VerificationRow[], reference: string): string {
  return table(
    ['Runtime', 'Provider', 'Output', 'Samples', 'Values', `Max difference from ${reference}`],
    rows.map(({ runtime, version, provider, output, samples, least, greatest, maxDifference }) => [
      ...[`${runtime} ${version}`, provider, output, samples],
      `${least.toPrecision(2)} to ${greatest.toPrecision(2)}`,
      maxDifference.toExponential(1),
    ]),
  );
}

/** Outputs that all inputs leave nearly as they are: a wrong graph could agree on them too. */
export function unvaried(rows: readonly VerificationRow[]): string[] {
  const names = rows
    .filter(({ least, greatest, maxDifference }) => greatest - least <= 100 * maxDifference)
    .map(({ output }) => output);
  return [...new Set(names)];
}
