import type { VerificationRow } from '../../exporters/onnx/verify.ts';
import { table } from '../table.ts';

/** How far each runtime is off. @param reference what from */
export function verificationTable(rows: readonly VerificationRow[], reference: string): string {
  return table(
    ['Runtime', 'Provider', 'Output', 'Samples', `Max difference from ${reference}`],
    rows.map(({ runtime, version, provider, output, samples, maxDifference }) => [
      ...[`${runtime} ${version}`, provider, output, samples],
      maxDifference.toExponential(1),
    ]),
  );
}
