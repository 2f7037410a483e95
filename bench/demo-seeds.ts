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

const rows = seeds.map((seed) => {
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
  const systems = result.systems.map(f1);
  const ensemble = result.ensemble ? f1(result.ensemble) : 0;
  const [frame, attended, clip] = systems;
  return [
    seed,
    ...[...systems, ensemble, f1(result.constant)].map((value) => value.toFixed(1)),
    clip > Math.max(frame, attended) ? 'yes' : 'no',
    ensemble >= Math.max(...systems) ? 'yes' : 'no',
    ((performance.now() - started) / 60_000).toFixed(1),
  ];
});

const head = ['Seed', 'PCD-ResNet', 'APCD-ResNet', 'PCD-R(2+1)D', 'Ensemble', 'Best constant'];
console.log(table([...head, 'R(2+1)D above frames', 'Ensemble at or above best', 'Minutes'], rows));
