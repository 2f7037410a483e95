import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/node/image-file.ts';
import { validated } from '../bundle-parts.ts';
import { tinyFrame, writeTinyA2d } from '../golden/tiny-a2d.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` before the tests`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-eval-'));
  await writeTinyA2d(join(folder, 'data'));
  for (const [graph, f1] of [
    ['tiny-frame', 0.3],
    ['tiny-clip', 0.6],
    ['tiny-wide', 0.3],
  ] as const) {
    const [score] = validated(f1, { samples: 2 });
    const scores = [{ ...score, split: 'test' }];
    await writeTinyBundle(join(folder, graph), await tinyBundle(graph, { scores }));
  }
  // Says which native libraries a process loads.
  await writeFile(
    join(folder, 'log-addons.mjs'),
    `const { dlopen } = process;
     process.dlopen = (...args) => { process.stderr.write('addon ' + args[1] + '\\n'); return dlopen(...args); };`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], flags: string[] = []): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [...flags, main, ...args], {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'xdg') },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const finished = new Promise<Finished>((resolve) =>
    child.once('close', (code) => resolve({ code, ...output })),
  );
  return { child, finished };
}
const run = (args: string[], flags?: string[]) => start(args, flags).finished;

const evaluation = ['eval', 'tiny-frame', 'tiny-clip', '--data', 'data', '--provider', 'cpu'];

describe('actionnx eval', () => {
  it("replaces neither another's result.json nor another's page, and says so before any work", async () => {
    for (const [path, received] of [
      ['theirs/result.json', 'result.json replaces only an earlier one; received theirs/result.json'],
      ['site/report/index.html', 'the report replaces only an earlier one; received site/report/index.html'],
    ]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), '{"years":"of work"}');
      const done = await run([...evaluation, '--out', path.split('/')[0]]);
      expect(done).toMatchObject({ code: 2, stdout: '' });
      expect(done.stderr).toContain(`${received}, which actionnx did not write; give another folder`);
      expect(await readFile(join(folder, path), 'utf8')).toBe('{"years":"of work"}');
    }
  });

  it('prints the table and writes result.json and the report', async () => {
    const done = await run([...evaluation, '--ensemble', 'vote-average', '--cache', 'cache', '--out', 'out']);
    expect(done).toMatchObject({ code: 0 });
    const lines = done.stdout.trim().split('\n');
    expect(lines[0]).toBe('a2d val, 6 samples, percent');
    expect(lines[1]).toMatch(/^System +P +R +F1$/);
    expect(lines.slice(3).map((line) => line.split(/ {2,}/)[0])).toEqual([
      'tiny-frame',
      'tiny-clip',
      'ensemble (vote-average)',
      expect.stringMatching(/^best constant: /),
    ]);
    const result = JSON.parse(await readFile(join(folder, 'out', 'result.json'), 'utf8'));
    expect(result).toMatchObject({ dataset: 'a2d', split: 'val', samples: 6, provider: 'cpu' });
    expect(Object.keys(result.versions)).toEqual(['actionnx', 'onnxruntime-node', 'node']);
    expect(result.ensemble.weights).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(2 / 3, 12)]);
    expect(result.ensemble.weightsFrom).toBe('test');
    const report = await readFile(join(folder, 'out', 'report', 'index.html'), 'utf8');
    expect(report).toContain('tiny-clip');
  });

  it('answers from a warm cache without loading any runtime', async () => {
    const args = [...evaluation, '--json', '--cache', 'warm'];
    const cold = await run(args, ['--import', join(folder, 'log-addons.mjs')]);
    expect(cold.stderr).toContain('onnxruntime_binding.node');
    const warm = await run(args, ['--import', join(folder, 'log-addons.mjs')]);
    expect(warm.code).toBe(0);
    expect(warm.stderr).not.toMatch(/onnxruntime_binding|tfjs|tensorflow| on val /);
    expect(warm.stdout).toBe(cold.stdout);
  });

  it('weighs by another split where asked to, or as told', async () => {
    const ensemble = [...evaluation, '--ensemble', 'vote-average', '--cache', 'cache', '--json'];
    const given = await run([...ensemble, '--weights', '3,1']);
    expect(JSON.parse(given.stdout).ensemble).toMatchObject({ weights: [0.75, 0.25], weightsFrom: 'given' });
    const test = JSON.parse(
      (await run([...evaluation, '--split', 'test', '--cache', 'cache', '--json'])).stdout,
    );
    const f1s: number[] = test.systems.map((system: { metrics: object }) => Object.values(system.metrics)[2]);
    const split = await run([...ensemble, '--weights-split', 'test']);
    const sum = f1s[0] + f1s[1];
    expect(JSON.parse(split.stdout).ensemble).toMatchObject({
      weights: f1s.map((f1) => expect.closeTo(f1 / sum, 12)),
      weightsFrom: 'test',
    });
  });

  it('fills one cache from two processes at once', async () => {
    const args = [
      'score',
      'tiny-frame',
      '--data',
      'data',
      '--provider',
      'cpu',
      '--cache',
      'shared',
      '--json',
    ];
    const both = await Promise.all([run([...args, '--batch', '1']), run([...args, '--batch', '2'])]);
    for (const { code, stdout } of both) {
      expect(code).toBe(0);
      expect(JSON.parse(stdout).systems[0]).toMatchObject({ samples: 6, broken: [] });
    }
    const again = JSON.parse((await run(args)).stdout);
    expect(again.systems[0]).toMatchObject({ inferred: 0, cached: 6 });
  });

  it('fails in one line, with the right exit code', async () => {
    const scoring = ['--data', 'data', '--provider', 'cpu', '--cache', 'none'];
    const cases: [string[], number, RegExp][] = [
      [['eval', 'tiny-wide', ...scoring], 1, /^actionnx: tiny-wide must answer 6 × 43 .*6 × 44/m],
      [['eval', 'nowhere', ...scoring], 1, /^actionnx: nowhere is not a bundle/m],
      [
        ['eval', 'tiny-frame', ...scoring, '--split', 'vall'],
        2,
        /^actionnx: unknown split .*known: val, test/m,
      ],
      [
        ['predict', 'tiny-frame', 'none.png'],
        1,
        /^actionnx: there is no such file or bundle; received none/m,
      ],
    ];
    await Promise.all(
      cases.map(async ([args, code, message]) => {
        const done = await run(args);
        expect(done.stdout).toBe('');
        expect(done.stderr).toMatch(message);
        expect(done.stderr).not.toContain('    at ');
        expect(done.code).toBe(code);
      }),
    );
  });

  it('refuses a bundle whose graph is not the one it speaks of', async () => {
    const bundle = await tinyBundle('tiny-frame');
    await writeTinyBundle(join(folder, 'swapped'), {
      ...bundle,
      graph: (await tinyBundle('tiny-wide')).graph,
    });
    const done = await run(['eval', 'swapped', '--data', 'data', '--cache', 'none']);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^actionnx: swapped\/model\.onnx is not the file that was exported; /m);
  });

  it('leaves a good cache behind when it is interrupted', async () => {
    const release = join(folder, 'long', 'Release');
    const frames = join(release, 'pngs320H', 'alpha');
    await mkdir(frames, { recursive: true });
    await mkdir(join(release, 'list'));
    await mkdir(join(release, 'Annotations', 'mat'), { recursive: true });
    const ids = Array.from({ length: 1500 }, (_, i) => `alpha/${String(i + 1).padStart(5, '0')}`);
    await writeFile(join(release, 'list', 'val.txt'), ids.join('\n'));
    await writeFile(join(frames, '00001.png'), await encodePng(tinyFrame(1, 'alpha', 1)));
    for (const id of ids.slice(1))
      await copyFile(join(frames, '00001.png'), join(frames, `${id.slice(6)}.png`));

    const args = ['score', 'tiny-frame', '--data', 'long', '--provider', 'cpu', '--cache', 'cut', '--json'];
    const { child, finished } = start(args);
    const cache = join(folder, 'cut');
    const files = () => readdir(cache, { recursive: true }).catch(() => []);
    while (!(await files()).some((name) => name.endsWith('.parquet')) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill('SIGINT');
    const { code, stdout } = await finished;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect((await files()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const [system] = JSON.parse((await run(args)).stdout).systems;
    expect(system.inferred + system.cached).toBe(1500);
    expect(system.cached).toBeGreaterThanOrEqual(256);
  });
});

describe('actionnx predict', () => {
  it('prints a table, or JSON with every probability', async () => {
    await writeFile(join(folder, 'still.png'), await encodePng(tinyFrame(1, 'still', 1)));
    const args = ['predict', 'tiny-frame', 'tiny-clip', 'still.png', '--provider', 'cpu'];
    const drawn = await run(args);
    expect(drawn.code).toBe(0);
    expect(drawn.stdout).toMatch(/^still\.png {2}16 × 12\na still image: tiny-clip saw it repeated/);
    expect(drawn.stdout).toMatch(/^ensemble +/m);
    const { systems, ensemble, files } = JSON.parse((await run([...args, '--json'])).stdout);
    expect(systems.map(({ name }: { name: string }) => name)).toEqual(['tiny-frame', 'tiny-clip']);
    expect(ensemble.weights[1]).toBeCloseTo(2 / 3, 12);
    expect(files[0]).toMatchObject({ file: 'still.png', kind: 'image', width: 16, height: 12 });
    const [{ predictions }] = files[0].keyFrames;
    expect(predictions.map(({ system }: { system: string }) => system)).toEqual([
      'tiny-frame',
      'tiny-clip',
      'ensemble',
    ]);
    for (const { labels, probabilities } of predictions) {
      expect(probabilities).toHaveLength(43);
      expect(labels).toHaveLength(probabilities.filter((p: number) => p >= 0.5).length);
    }
  });
});
