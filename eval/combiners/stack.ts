import { z } from 'zod';
import { UserError, usageError } from '../../src/core/errors.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { type Classifier, type Columns, rowsOf } from './classifier.ts';
import { type Combiner, combinerOf, type FittingSamples } from './combiner.ts';
import { decidedLabel, decidedLabels, learnable, noticeOf, placementOf } from './decided-labels.ts';
import { standardization, standardizationOf, standardized, standardizedInOnnx } from './standardization.ts';

/**
 * A combiner that learns which answers of the members mean what: their outputs, side by side in the members' order, are
 * the columns of a classifier. Members may answer anything (Wolpert 1992, stacked generalisation).
 *
 * @param name of the classifier, in words
 */
export function stackOf<Model>(name: string, classifier: Classifier<Model>): Combiner {
  const outputs = classifier.columns === 'raw' ? 'outputs' : 'standardised outputs';
  return combinerOf({
    rule: `decided by ${name} of the systems’ ${outputs}`,
    learns: true,
    state: stateOf(classifier),
    check() {},
    fit(members, samples) {
      if (!samples) throw usageError(`${name} has to be fitted on samples`);
      const widths = members.map(({ labels }) => labels.length);
      return fit(classifier, samples, widths);
    },
    combination(members, learnt) {
      const widths = members.map(({ labels }) => labels.length);
      requireWidths(widths, learnt.widths);
      return {
        labels: learnt.labels,
        weights: null,
        notices: learnt.decided.map((one) => noticeOf(one, learnt.samples)),
        apply: (answers) => apply(classifier, answers, learnt),
        clearances(answers) {
          const columns = joined(answers, learnt.widths);
          const none = Array<number>(columns.rows).fill(Number.POSITIVE_INFINITY);
          return classifier.clearances?.(inputOf(columns, learnt), learnt.model) ?? none;
        },
        toOnnx: (graph, values, output) => write(classifier, graph, values, output, learnt),
      };
    },
  });
}

const stateOf = <Model>({ model }: Classifier<Model>) =>
  z.strictObject({
    /** Of each member, in order. */
    widths: z.array(z.int().positive()),
    labels: z.array(z.string()).min(1),
    task: z.enum(['multi-label', 'single-label']),
    /** That were fitted on. */
    samples: z.int().positive(),
    standardization: standardization.nullable(),
    /** Labels of which the samples teach nothing. */
    decided: z.array(decidedLabel),
    model,
  });

type Learnt<Model> = z.infer<ReturnType<typeof stateOf<Model>>>;

function fit<Model>(
  classifier: Classifier<Model>,
  { answers, truth, seed }: FittingSamples,
  widths: number[],
): Learnt<Model> {
  const { labels, task, values } = truth;
  const samples = values.length / labels.length;
  if (samples === 0) throw usageError('a combiner needs samples to learn from', { received: 'none' });
  const decided = decidedLabels(truth, classifier.least);
  const { targets, rows } = learnable(truth, decided);
  const columns = rowsOf(joined(answers, widths), rows);
  const scaling = classifier.columns === 'raw' ? null : standardizationOf(columns);
  const model = classifier.fit(scaling ? standardized(columns, scaling) : columns, targets, seed);
  return { widths, labels: [...labels], task, samples, standardization: scaling, decided, model };
}

function inputOf<Model>(columns: Columns, { standardization: scaling }: Learnt<Model>): Columns {
  return scaling ? standardized(columns, scaling) : columns;
}

function apply<Model>(
  classifier: Classifier<Model>,
  answers: readonly Float32Array[],
  learnt: Learnt<Model>,
): Float32Array {
  const { labels, task, decided } = learnt;
  const columns = joined(answers, learnt.widths);
  const probabilities = classifier.probabilities(inputOf(columns, learnt), learnt.model);
  const { matrix, row } = placementOf(labels, task, decided);
  const learned = matrix.length / labels.length;
  return Float32Array.from({ length: columns.rows * labels.length }, (_, i) => {
    const [sample, label] = [Math.floor(i / labels.length), i % labels.length];
    let sum = row[label];
    for (let k = 0; k < learned; k++) {
      sum += probabilities[sample * learned + k] * matrix[k * labels.length + label];
    }
    return sum;
  });
}

function write<Model>(
  classifier: Classifier<Model>,
  graph: NodeWriter,
  values: readonly string[],
  output: string,
  { labels, task, decided, standardization: scaling, model }: Learnt<Model>,
): void {
  const columns = graph.add('Concat', 'combine.columns', values, { axis: 1 });
  const input = scaling ? standardizedInOnnx(graph, columns, scaling) : columns;
  let answer = classifier.toOnnx(graph, input, model);
  const { matrix, row, isIdentity } = placementOf(labels, task, decided);
  if (!isIdentity) {
    const shape = [matrix.length / labels.length, labels.length];
    const places = graph.doubles('combine.places', shape, matrix);
    const placed = graph.add('MatMul', 'combine.placed', [answer, places]);
    const rest = graph.doubles('combine.decided', [labels.length], row);
    answer = graph.add('Add', 'combine.completed', [placed, rest]);
  }
  graph.add('Cast', output, [answer], { to: 1 });
}

/** The members' answers side by side. @throws UserError where they are not as wide as they should be */
function joined(answers: readonly Float32Array[], widths: readonly number[]): Columns {
  const rows = answers[0].length / widths[0];
  requireWidths(
    answers.map(({ length }) => length / rows),
    widths,
  );
  const width = widths.reduce((sum, own) => sum + own, 0);
  const data = new Float64Array(rows * width);
  let first = 0;
  answers.forEach((all, k) => {
    for (let row = 0; row < rows; row++) {
      data.set(all.subarray(row * widths[k], (row + 1) * widths[k]), row * width + first);
    }
    first += widths[k];
  });
  return { rows, width, data };
}

function requireWidths(given: readonly number[], widths: readonly number[]): void {
  if (given.length === widths.length && given.every((width, i) => width === widths[i])) return;
  throw new UserError('members must answer as many labels as those that a combiner was fitted on', {
    received: `${given.join(' + ')} columns instead of ${widths.join(' + ')}`,
    remedy: 'give the same members in the same order, or fit it again',
  });
}
