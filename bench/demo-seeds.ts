/**
 * What the demo learns, over seeds: F1 on the test split of every system, of the ensemble and of the best constant
 * prediction, and whether they stand as in the report. Each seed draws its own data set and its own weights.
 *
 * Run after `npm ci`: node dist/bench/demo-seeds.js [seeds, default 1 2 3]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from '../cli/table.ts';
import type { Result } from '../eval/result.ts';

const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const given = process.argv.slice(2);
const seeds = given.length > 0 ? given : ['1', '2', '3'];

const runs = seeds.map((seed) => {
  const started = performance.now();
  const run = spawnSync(
    process.execPath,
    [cli, 'demo', '--seed', seed, '--out', `runs/seeds/${seed}`, '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (run.status !== 0) process.exit(1);
  const { result }: { result: Result } = JSON.parse(run.stdout);
  const f1 = (scores: { metrics: Record<string, number | null> }) =>
    100 * (scores.metrics['f1/samples'] ?? 0);
  const scores = [...result.systems.map(f1), result.ensemble ? f1(result.ensemble) : 0, f1(result.constant)];
  return { seed, scores, minutes: (performance.now() - started) / 60_000 };
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const means = {
  seed: 'mean',
  scores: runs[0].scores.map((_, i) => mean(runs.map(({ scores }) => scores[i]))),
  minutes: mean(runs.map(({ minutes }) => minutes)),
};

const rows = [...runs, means].map(({ seed, scores, minutes }) => {
  const [frame, attended, clip, ensemble] = scores;
  return [
    seed,
    ...scores.map((value) => value.toFixed(1)),
    clip > Math.max(frame, attended) ? 'yes' : 'no',
    ensemble >= Math.max(frame, attended, clip) ? 'yes' : 'no',
    minutes.toFixed(1),
  ];
});

const head = ['Seed', 'PCD-ResNet', 'APCD-ResNet', 'PCD-R(2+1)D', 'Ensemble', 'Best constant'];
console.log(table([...head, 'R(2+1)D above frames', 'Ensemble at or above best', 'Minutes'], rows));
