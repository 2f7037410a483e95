import { readFileSync } from 'node:fs';
import type { CombinerMember, FittingSamples } from '../../../eval/combiners/combiner.ts';

interface Samples {
  readonly columns: number[][];
  /** Three labels a sample. */
  readonly labels: number[][];
  /** One of four classes a sample. */
  readonly classes: number[];
}

interface Golden {
  readonly fit: Samples;
  readonly held: Samples;
  /** The same columns, with one that is constant and one that follows from others. */
  readonly degenerate: { readonly fit: number[][]; readonly held: number[][] };
  readonly cases: {
    readonly kind: string;
    readonly options: Record<string, unknown>;
    readonly degenerate: boolean;
    readonly labels: number[][];
    readonly classes: number[][];
  }[];
  readonly svm: {
    readonly options: Record<string, unknown>;
    readonly degenerate: boolean;
    readonly decisions: number[][];
  }[];
  /** Mean squared distances of calibrated probabilities from the truth, on `held`. */
  readonly squares: Record<'rbf' | 'linear', Record<'labels' | 'classes', number>>;
  readonly platt: { values: number[]; truth: number[]; slope: number; offset: number };
}

/** What scikit-learn answers: see combiners.py. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../golden/combiners.json', import.meta.url), 'utf8'),
);

export const labelNames = ['bird', 'cat', 'dog'];
export const classNames = ['east', 'north', 'south', 'west'];

/** The columns as the answers of two members: three of one, the others of another. */
export function answersOf(rows: readonly number[][]): Float32Array[] {
  return [
    Float32Array.from(rows.flatMap((row) => row.slice(0, 3))),
    Float32Array.from(rows.flatMap((row) => row.slice(3))),
  ];
}

export function membersOf(isDegenerate: boolean): CombinerMember[] {
  const others = Array.from({ length: isDegenerate ? 5 : 3 }, (_, i) => `thing ${i}`);
  return [
    { name: 'first', labels: labelNames, f1: 0.5 },
    { name: 'second', labels: others, f1: 0.6 },
  ];
}

export function columnsOf(part: 'fit' | 'held', isDegenerate: boolean): number[][] {
  return isDegenerate ? golden.degenerate[part] : golden[part].columns;
}

export function fittingSamples(isDegenerate: boolean, task: 'labels' | 'classes'): FittingSamples {
  const { labels, classes } = golden.fit;
  const values =
    task === 'labels'
      ? labels.flat()
      : classes.flatMap((own) => classNames.map((_, i) => (i === own ? 1 : 0)));
  return {
    answers: answersOf(columnsOf('fit', isDegenerate)),
    truth: {
      labels: task === 'labels' ? labelNames : classNames,
      task: task === 'labels' ? 'multi-label' : 'single-label',
      values: Uint8Array.from(values),
    },
    seed: 1,
  };
}
