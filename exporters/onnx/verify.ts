import type { Bundle } from '../../src/core/bundle.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';
import type { Provider, Runtime } from '../../src/runtime/session.ts';

/** How far a runtime's outputs may be from tfjs's: both compute in float32, in different orders. */
export const verificationTolerance = 1e-4;

/** Where a graph is to be tried. */
export interface VerificationTarget {
  readonly runtime: Runtime;
  readonly provider: Provider;
}

/** One output of one runtime against tfjs. */
export interface VerificationRow {
  readonly runtime: string;
  readonly version: string;
  readonly provider: Provider;
  readonly output: string;
  readonly samples: number;
  /** Largest absolute difference over all samples and elements; Infinity where one is not a number. */
  readonly maxDifference: number;
  readonly passed: boolean;
}

/**
 * Runs a bundle's golden inputs, as one batch, through each runtime and compares all outputs with what tfjs gave.
 *
 * @param golden the bundle's golden tensors: the input and every output, under their names in the graph
 * @returns a row for every runtime and output, passed or not
 * @throws UserError when an output is missing or has another shape, or a runtime does not load the graph
 */
export async function verifyBundle(
  bundle: Bundle,
  golden: Readonly<Record<string, Tensor>>,
  targets: readonly VerificationTarget[],
  tolerance = verificationTolerance,
): Promise<VerificationRow[]> {
  const { input, outputs } = bundle.manifest;
  const rows: VerificationRow[] = [];
  for (const { runtime, provider } of targets) {
    const session = await openBundle(bundle, runtime, { provider });
    try {
      const results = await session.run({ [input.name]: golden[input.name] });
      for (const { name } of outputs) {
        const maxDifference = largestDifference(name, results[name], golden[name]);
        rows.push({
          runtime: runtime.name,
          version: runtime.version,
          provider: session.provider,
          output: name,
          samples: golden[name].shape[0],
          maxDifference,
          passed: maxDifference <= tolerance,
        });
      }
    } finally {
      await session.release();
    }
  }
  return rows;
}

/** @throws UserError that names the worst row, unless all passed */
export function requirePassed(rows: readonly VerificationRow[], tolerance = verificationTolerance): void {
  const failed = rows.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const worst = failed.reduce((a, b) => (b.maxDifference > a.maxDifference ? b : a));
  throw new UserError(`the exported graph must agree with tfjs within ${tolerance}`, {
    received: `a difference of ${worst.maxDifference.toExponential(1)} in ${worst.output} on ${worst.runtime} ${worst.provider}`,
    remedy: 'no bundle was written; a custom layer whose converter is wrong is the likely cause',
  });
}

function largestDifference(name: string, actual: Tensor | undefined, expected: Tensor | undefined): number {
  if (!expected)
    throw new UserError('golden values must hold every output', { received: `none for ${name}` });
  if (actual?.shape.join() !== expected.shape.join()) {
    throw new UserError(`the graph's output ${name} must have tfjs's shape [${expected.shape}]`, {
      received: actual ? `[${actual.shape}]` : 'no such output',
      remedy: 'a custom layer whose converter is wrong is the likely cause',
    });
  }
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(actual.data[i] - expected.data[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > largest) largest = difference;
  }
  return largest;
}
