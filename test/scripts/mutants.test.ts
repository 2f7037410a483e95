import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const load = (name: string) => import(resolve(import.meta.dirname, '../../scripts/mutants', name));
const { allModules, core, isCore, passedOver, testsOf } = await load('modules.js');
const { nameOf, sampleOf } = await load('sample.js');
const { report } = await load('report.js');
const { isolationFault, runIsolated } = await load('isolation.js');
const equivalents: readonly { module: string; line: string; mutator: string; replacement: string }[] =
  JSON.parse(readFileSync('scripts/mutants/equivalents.json', 'utf8'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mutants-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the modules that are mutated', () => {
  it('each have tests in the folder that mirrors theirs, or in one above', () => {
    const modules: string[] = allModules();
    expect(modules.length).toBeGreaterThan(300);
    expect(modules.filter((module) => testsOf(module).length === 0)).toEqual([]);
    expect(testsOf('eval/metrics/f1.ts')).toEqual(
      expect.arrayContaining(['test/eval/metrics/metrics.test.ts', 'test/eval/score.test.ts']),
    );
    expect(testsOf('src/core/clip.ts').every((test: string) => test.startsWith('test/core/'))).toBe(true);
  });

  it('are core where a wrong number or a lost file would be silent, and never drawings', () => {
    expect(isCore('eval/metrics/f1.ts')).toBe(true);
    expect(isCore('src/core/clip.ts')).toBe(true);
    expect(isCore('src/core/clip-other.ts')).toBe(false);
    const gone = [...core, ...passedOver].filter((path) => !existsSync(path));
    expect(gone).toEqual([]);
    expect(allModules().filter((module: string) => /report\/|web\/page\//.test(module))).toEqual([]);
  });
});

describe('a sample', () => {
  const modules = ['src/core/clip.ts', 'src/core/labels.ts', 'src/core/tensor.ts'];
  const flat = (sample: Map<string, Set<string>>) =>
    [...sample].flatMap(([module, names]) => [...names].map((name) => `${module} ${name}`)).sort();

  it('is the same by the same seed, another by another, and part of a larger one', async () => {
    const ten = flat(await sampleOf(modules, 10, 1));
    expect(ten).toHaveLength(10);
    expect(flat(await sampleOf(modules, 10, 1))).toEqual(ten);
    expect(flat(await sampleOf(modules, 10, 2))).not.toEqual(ten);
    expect(flat(await sampleOf(modules, 30, 1))).toEqual(expect.arrayContaining(ten));
  });

  it('keeps what it took of a module when another is added', async () => {
    const alone = flat(await sampleOf(modules.slice(0, 1), 1e6, 1));
    const all = flat(await sampleOf(modules, 1e6, 1));
    expect(all.filter((name) => name.startsWith(`${modules[0]} `))).toEqual(alone);
    expect(all.length).toBeGreaterThan(alone.length);
  });

  it('has no mutants of texts', async () => {
    expect(flat(await sampleOf(modules, 1e6, 1)).join('\n')).not.toContain('StringLiteral');
  });
});

describe('the report', () => {
  const mutant = (module: string, status: string, line = 0) => ({
    module,
    status,
    mutatorName: 'ConditionalExpression',
    replacement: 'false',
    location: { start: { line, column: 7 }, end: { line, column: 12 } },
  });

  /** Reports `noticed` of `all` mutants of a small module of its own. @returns what it says, prints and writes */
  async function reported(results: readonly ReturnType<typeof mutant>[]) {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      const choice = new Map(results.map(({ module }) => [module, null]));
      const passes: boolean = report(results, choice, folder);
      const printed = print.mock.calls.map(([text]) => String(text)).join('\n');
      return { passes, printed, missed: readFileSync(join(folder, 'missed.txt'), 'utf8') };
    } finally {
      print.mockRestore();
    }
  }

  const smallModule = () => {
    const path = join(folder, 'small.ts');
    writeFileSync(path, '  if (a < b) return 1;\n');
    return path;
  };

  it('passes at 80 % of what is outside the core and fails below, and names each that is missed', async () => {
    const module = smallModule();
    const of = (noticed: number) =>
      Array.from({ length: 10 }, (_, i) => mutant(module, i < noticed ? 'Killed' : 'Survived'));
    const enough = await reported(of(8));
    expect(enough.passes).toBe(true);
    expect(enough.printed).toMatch(/80\.0 %/);
    expect(enough.missed).toBe(`${module}:1 ConditionalExpression: < b) → false\n`.repeat(2));
    expect((await reported(of(7))).passes).toBe(false);
  });

  it('counts what times out or fails to run as noticed, and what no test runs as missed', async () => {
    const module = smallModule();
    const { passes, missed } = await reported([
      ...['Timeout', 'RuntimeError', 'Killed', 'Killed'].map((status) => mutant(module, status)),
      mutant(module, 'NoCoverage'),
    ]);
    expect(passes).toBe(true);
    expect(missed).toMatch(/\(no test comes here\)/);
  });

  it('takes a mutant that changes nothing out of both', async () => {
    const known = equivalents.find(({ mutator }) => mutator === 'ConditionalExpression')!;
    const line = readFileSync(known.module, 'utf8')
      .split('\n')
      .findIndex((text) => text.trim() === known.line);
    const survivor = { ...mutant(known.module, 'Survived', line), replacement: known.replacement };
    const { passes, missed } = await reported([survivor, mutant(known.module, 'Killed')]);
    expect(passes).toBe(true);
    expect(missed).toBe('\n');
  });

  it('knows nothing equivalent in lines that are gone', () => {
    const gone = equivalents.filter(
      ({ module, line }) =>
        !existsSync(module) ||
        !readFileSync(module, 'utf8')
          .split('\n')
          .some((text) => text.trim() === line),
    );
    expect(gone).toEqual([]);
  });

  it('names a mutant by place and change, whatever number it has', () => {
    expect(nameOf({ ...mutant('a.ts', 'Killed'), id: '7' })).toBe('0:7:0:12:ConditionalExpression:false');
  });
});

const fault: string | null = isolationFault();
if (fault) console.warn(`SKIPPED: "the place where mutants run": this machine lacks ${fault}`);

describe.skipIf(fault)('the place where mutants run', () => {
  it('lets nothing be written but its folder, and no process outside be ended', () => {
    const [inside, outside] = ['inside', 'outside'].map((name) => join(folder, name));
    for (const path of [inside, outside]) mkdirSync(path);
    writeFileSync(join(outside, 'precious'), 'kept');
    const attempt = `
      rm -rf '${outside}'
      echo lost > '${outside}/precious'
      rm -f /dev/null
      kill -9 ${process.pid}
      echo made > '${inside}/made'
      exit 7`;
    expect(runIsolated(inside, ['bash', '-c', attempt])).toBe(7);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('kept');
    expect(readFileSync(join(inside, 'made'), 'utf8')).toBe('made\n');
    expect(existsSync('/dev/null')).toBe(true);
  });
});
