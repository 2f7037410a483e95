import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { type EnsembleRule, ensembleRules } from '../eval/ensemble-rule.ts';
import { scoreColumns } from '../eval/metrics/columns.ts';
import { isResult, type Result, type Scores } from '../eval/result.ts';
import { type NamedBundle, readBundles } from '../jobs/bundles.ts';
import { type Evaluation, evaluateBundles, knownWeights, type Weighing } from '../jobs/evaluate.ts';
import { usageError } from '../src/core/errors.ts';
import type { Dataset } from '../src/datasets/dataset.ts';
import { writeFileAtomic } from '../src/node/atomic-file.ts';
import { requireOwnFile } from '../src/node/owned-folder.ts';
import { openData, type ScoringArguments, withScoringOptions } from './evaluation.ts';
import { listening } from './listening.ts';
import { table } from './table.ts';

type Arguments = ScoringArguments & {
  bundle: string[];
  ensemble?: EnsembleRule;
  weights?: string;
  weightsSplit?: string;
  out?: string;
  report?: string;
  json: boolean;
  skipBroken: boolean;
};

/** `actionnx eval`: score, then metrics, ensemble, `result.json` and report. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'eval <bundle..>',
  describe: 'score a split, then metrics, ensemble and report',
  builder: (yargs) =>
    withScoringOptions(
      yargs.positional('bundle', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'bundle folders',
      }),
    )
      .option('ensemble', {
        choices: ensembleRules,
        describe: 'also evaluate their ensemble, made in this way',
      })
      .option('weights', {
        type: 'string',
        describe: 'ensemble weights, one a bundle: 0.5,0.3,0.2; default: the F1 recorded at export',
        conflicts: 'weights-split',
      })
      .option('weights-split', { type: 'string', describe: 'weigh by the F1 on this split instead' })
      .option('out', { type: 'string', describe: 'folder for result.json and the report' })
      .option('report', {
        type: 'string',
        describe: "folder for the report's index.html; default: <out>/report",
      })
      .option('json', { type: 'boolean', default: false, describe: 'print result.json' })
      .example(
        'actionnx eval bundles/* --data A2D --split val --ensemble vote-average --out eval',
        'table, result.json and report',
      ) as never,
  handler: async (args) => {
    await requireOwnOutputs(args);
    const bundles = await readBundles(args.bundle);
    const ensemble = weighingOf(args);
    if (ensemble) knownWeights(bundles, ensemble, args.ensemble);
    const dataset = await openData(args);
    const evaluation = await listening((listener) =>
      evaluateBundles(bundles, { ...args, dataset, ensemble, rule: args.ensemble, ...listener }),
    );
    await writeOutputs(args, dataset, evaluation, bundles);
    console.log(args.json ? JSON.stringify(evaluation.result, null, 2) : resultTable(evaluation.result));
    for (const { id, reason } of evaluation.result.broken) {
      process.stderr.write(`left out ${id}: ${reason}\n`);
    }
  },
};

/** What weighs the ensemble, checked before any work is done; undefined where none is asked for. */
function weighingOf({ ensemble, weights, weightsSplit, bundle }: Arguments): Weighing | undefined {
  if (!ensemble && (weights ?? weightsSplit) !== undefined) {
    throw usageError('--weights and --weights-split need --ensemble vote-average');
  }
  if (ensemble === 'maximum' && (weights ?? weightsSplit) !== undefined) {
    throw usageError('--weights and --weights-split are for ensembles that weigh', { received: ensemble });
  }
  if (!ensemble) return undefined;
  if (weightsSplit !== undefined) return { by: 'split', split: weightsSplit };
  if (weights === undefined) return { by: 'recorded' };
  const numbers = weights.split(',').map(Number);
  if (numbers.length !== bundle.length || !numbers.every((weight) => weight >= 0)) {
    throw usageError(`--weights must be ${bundle.length} numbers, one a bundle, with commas between`, {
      received: weights,
    });
  }
  return { by: 'given', weights: numbers };
}

/** Where `result.json` and the report are to lie. */
function outputPaths({ out, report }: Pick<Arguments, 'out' | 'report'>) {
  return {
    result: out === undefined ? undefined : join(out, 'result.json'),
    reportFolder: report ?? (out === undefined ? undefined : join(out, 'report')),
  };
}

/** Before any work: both may lie in anybody's folder, and replace only what an earlier evaluation wrote. */
async function requireOwnOutputs(args: Arguments): Promise<void> {
  const { result, reportFolder } = outputPaths(args);
  if (result !== undefined) await requireOwnFile(result, 'result.json', isResult);
  if (reportFolder !== undefined) {
    const isReport = (text: string) => text.includes('· Actionnx</title>');
    await requireOwnFile(join(reportFolder, 'index.html'), 'the report', isReport);
  }
}

/** `result.json` under `--out`, and the report there or under `--report`. */
async function writeOutputs(
  args: Arguments,
  dataset: Dataset,
  evaluation: Evaluation,
  bundles: readonly NamedBundle[],
): Promise<void> {
  const { result, reportFolder } = outputPaths(args);
  if (result !== undefined) {
    await writeFileAtomic(result, `${JSON.stringify(evaluation.result, null, 2)}\n`);
    process.stderr.write(`wrote ${result}\n`);
  }
  if (reportFolder !== undefined) {
    // The charts take longer to load than a cached evaluation takes to run.
    const { writeEvaluationReport } = await import('../jobs/evaluation-report.ts');
    const command = ['actionnx', ...process.argv.slice(2)].join(' ');
    const path = await writeEvaluationReport(reportFolder, dataset, evaluation, bundles, command);
    process.stderr.write(`wrote ${path}\n`);
  }
}

/** The task's metrics in percent, a row a system, then the ensemble, then what a constant prediction reaches. */
export function resultTable({ task, dataset, split, samples, systems, ensemble, constant }: Result): string {
  const columns = scoreColumns[task];
  const percent = (rate: number | null) => (rate === null ? '–' : (100 * rate).toFixed(1));
  const row = (name: string, { metrics }: Scores) => [
    name,
    ...columns.map(([, metric]) => percent(metrics[metric])),
  ];
  const rows = [
    ...systems.map((system) => row(system.name, system)),
    ...(ensemble ? [row(`ensemble (${ensemble.rule})`, ensemble)] : []),
    row(`best constant: ${constant.labels.join(', ')}`, constant),
  ];
  return `${dataset} ${split}, ${samples} samples, percent\n${table(['System', ...columns.map(([title]) => title)], rows)}`;
}
