import type { Bundle } from '../../src/bundle/manifest.ts';
import { reasonOf, UserError } from '../../src/core/errors.ts';
import { largestDifference } from '../../src/core/largest-difference.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';
import type { InferenceSession, Provider, Runtime, SessionOptions } from '../../src/runtime/session.ts';

/** How far a runtime's outputs may be from tfjs's: both compute in float32, in different orders. */
export const verificationTolerance = 1e-4;

/** How many times tfjs's own spread a graph may be off, where that is more. */
const spreadFactor = 3;

/** Of an output's largest absolute value, or of 1: what is further off is no rounding, whatever the model does to it. */
export const largestSpread = 0.02;

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
  /** Over all samples and elements, absolute: see `largestDifference`. */
  readonly maxDifference: number;
  /** The range of what tfjs gave. */
  readonly least: number;
  readonly greatest: number;
  readonly passed: boolean;
  /** How far tfjs is from itself in this output, and what was allowed for that, absolute. Where it was measured. */
  readonly spread?: number;
  readonly allowed?: number;
}

/** Opens the graph that is tried. */
export type OpenGraph = (
  runtime: Runtime,
  options: Pick<SessionOptions, 'provider'>,
) => Promise<InferenceSession>;

/**
 * Runs a bundle's golden inputs, as one batch, through each runtime and compares all outputs with what tfjs gave.
 *
 * @param golden the bundle's golden tensors: every input and output, under their names in the graph
 * @returns a row for every runtime and output, passed or not
 * @throws UserError when an output is missing or has another shape, or a runtime does not load the graph
 */
export function verifyBundle(
  bundle: Bundle,
  golden: Readonly<Record<string, Tensor>>,
  targets: readonly VerificationTarget[],
  tolerance?: number,
): Promise<VerificationRow[]> {
  const { inputs, outputs } = bundle.manifest;
  return verifyGraph(
    (runtime, options) => openBundle(bundle, runtime, options),
    Object.fromEntries(inputs.map(({ name }) => [name, golden[name]])),
    Object.fromEntries(outputs.map(({ name }) => [name, golden[name]])),
    targets,
    tolerance,
  );
}

/**
 * Runs a graph in each runtime on the same inputs and compares all outputs with what is expected.
 *
 * @param inputs by their names in the graph
 * @param expected every output, by its name in the graph
 * @param tolerance of an output's largest absolute value, or of 1 where that is less
 * @returns a row for every runtime and output, passed or not
 * @throws UserError when an output is missing or has another shape, or a runtime does not load the graph
 */
export async function verifyGraph(
  open: OpenGraph,
  inputs: Readonly<Record<string, Tensor>>,
  expected: Readonly<Record<string, Tensor | undefined>>,
  targets: readonly VerificationTarget[],
  tolerance = verificationTolerance,
): Promise<VerificationRow[]> {
  const rows: VerificationRow[] = [];
  for (const { runtime, provider } of targets) {
    const failed = (what: string) => (cause: unknown) => {
      throw new UserError(`${runtime.name} must ${what} the exported graph`, {
        received: reasonOf(cause),
        remedy: 'check the inputs and the converters of custom layers, or report it with the model',
        cause,
      });
    };
    const session = await open(runtime, { provider }).catch(failed('load'));
    try {
      const results = await session.run(inputs).catch(failed('run'));
      for (const [output, wanted] of Object.entries(expected)) {
        const compared = compare(output, results[output], wanted);
        const { maxDifference, least, greatest } = compared;
        rows.push({
          ...{ runtime: runtime.name, version: runtime.version, provider: session.provider, output },
          samples: wanted?.shape[0] ?? 1,
          ...compared,
          passed: maxDifference <= tolerance * scaleOf({ least, greatest }),
        });
      }
    } finally {
      await session.release();
    }
  }
  return rows;
}

/**
 * What tolerances are relative to: an output's largest absolute value, or 1 where that is less. An infinity is none:
 * beside it, everything would pass.
 */
function scaleOf({ least, greatest }: Pick<VerificationRow, 'least' | 'greatest'>): number {
  return Math.max(1, ...[-least, greatest].filter(Number.isFinite));
}

/**
 * The same rows, judged by how far tfjs is from itself: a model that magnifies rounding has no answer that is exact to
 * the usual tolerance. Where tfjs agrees with itself, that tolerance stays.
 *
 * @param spread of every output, absolute
 */
export function judgedBySpread(
  rows: readonly VerificationRow[],
  spread: Readonly<Record<string, number>>,
): VerificationRow[] {
  return rows.map((row) => {
    const scale = scaleOf(row);
    const own = spread[row.output];
    const allowed = Math.max(
      verificationTolerance * scale,
      Math.min(spreadFactor * own, largestSpread * scale),
    );
    return { ...row, spread: own, allowed, passed: row.maxDifference <= allowed };
  });
}

/** A runtime does not give what tfjs gave. */
export class VerificationError extends UserError {}

/** @throws VerificationError that names the worst row, unless all passed */
export function requirePassed(rows: readonly VerificationRow[], tolerance = verificationTolerance): void {
  const failed = rows.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const worst = failed.reduce((a, b) => (b.maxDifference > a.maxDifference ? b : a));
  const { spread, allowed, maxDifference, output, runtime, provider } = worst;
  const received = `a difference of ${maxDifference.toExponential(1)} in ${output} on ${runtime} ${provider}`;
  const isBeyond = spread !== undefined && spread > largestSpread * scaleOf(worst);
  throw new VerificationError(
    `the exported graph must agree with tfjs within ${allowed === undefined ? tolerance : Number(allowed.toPrecision(2))}`,
    {
      received:
        spread === undefined
          ? received
          : `${received}, where tfjs's own answers differ by ${spread.toExponential(1)}`,
      remedy: isBeyond
        ? 'nothing was written; a fault cannot be told from the rounding that this model magnifies: --tolerance allows more'
        : 'nothing was written; check the converters of custom layers, or report it with the model',
    },
  );
}

/** How far apart two outputs are (see `largestDifference`), and the range of what is expected. */
function compare(
  name: string,
  actual: Tensor | undefined,
  expected: Tensor | undefined,
): Pick<VerificationRow, 'maxDifference' | 'least' | 'greatest'> {
  if (!expected)
    throw new UserError('golden values must hold every output', { received: `none for ${name}` });
  if (actual?.shape.join() !== expected.shape.join()) {
    throw new UserError(`the graph's output ${name} must have tfjs's shape [${expected.shape}]`, {
      received: actual ? `[${actual.shape}]` : 'no such output',
      remedy: 'check the converters of custom layers, or report it with the model',
    });
  }
  const maxDifference = largestDifference(actual.data, expected.data);
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of expected.data) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return { maxDifference, least, greatest };
}
