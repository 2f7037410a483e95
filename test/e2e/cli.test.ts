import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { packageVersion } from '../../src/node/package-info.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
if (!existsSync(main)) throw new Error('run `npm run build` before the tests');

const names = commands.map(({ command }) => command.split(' ')[0]);

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function actionnx(args: string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const [code] = await once(child, 'close');
  return { code, ...output };
}

describe('actionnx demo', () => {
  it.each([
    ['no more than the name of its mark', '{}'],
    ["another program's demo.json", '{"seed":1,"title":"theirs"}'],
  ])('empties no folder with %s', async (_, mark) => {
    const out = await mkdtemp(join(folder, 'demo-'));
    await writeFile(join(out, 'demo.json'), mark);
    await writeFile(join(out, 'thesis.tex'), 'years of work');
    const { code, stderr } = await actionnx(['demo', '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toContain('whose demo.json is not one that actionnx wrote for the demo');
    expect((await readdir(out)).sort()).toEqual(['demo.json', 'thesis.tex']);
  });

  it('keeps what is not its own, and stops at a release that it did not make', async () => {
    const out = await mkdtemp(join(folder, 'demo-'));
    const earlier = { seed: 1, release: { videos: 1300, frames: 16, height: 64 }, systems: ['a-tiny'] };
    await writeFile(join(out, 'demo.json'), JSON.stringify(earlier));
    await mkdir(join(out, 'train', 'a-tiny'), { recursive: true });
    for (const path of ['notes.txt', 'train/a-tiny/run.json', 'train/a-tiny/plot.png']) {
      await writeFile(join(out, path), '');
    }
    await mkdir(join(out, 'data', 'Release', 'clips320H'), { recursive: true });
    const { code, stderr } = await actionnx(['demo', '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toContain('a synthetic release needs a folder of its own');
    expect((await readdir(out, { recursive: true })).sort()).toEqual([
      ...['data', 'data/Release', 'data/Release/clips320H', 'demo.json', 'notes.txt'],
      ...['train', 'train/a-tiny', 'train/a-tiny/plot.png'],
    ]);
  });
});

describe('wrong usage: exit 2, and nothing but two lines on stderr (test/cli/parser.test.ts has what they say)', () => {
  it.concurrent.each([
    [
      ['export', 'x', '--treshold', '0.7', '--max-f1-los=1'],
      'unknown flag --treshold, --max-f1-los; did you mean --threshold, --max-f1-loss?',
      'actionnx export <source>',
    ],
    [
      ['train', 'resnet', '--data', 'nowhere', '--out', 'run'],
      expect.stringMatching(
        /^unknown system; received "resnet"; known: pcd-resnet, .*pcd-r2plus1d-tiny, .*tv-hi-two-stream-tiny$/,
      ),
      'actionnx train <system>',
    ],
  ])('%j', async (args, complaint, usage) => {
    const { code, stdout, stderr } = await actionnx(args);
    const [first, second, ...rest] = stderr.split('\n');
    expect(first.replace(/^actionnx: /, '')).toEqual(complaint);
    expect(second).toBe(`usage: ${usage}`);
    expect(rest).toEqual(['']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });

  it('nothing at all: the help, on stderr', async () => {
    const { code, stdout, stderr } = await actionnx([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const name of names) expect(stderr).toContain(`actionnx ${name}`);
  });
});

describe('failed work: one line, exit 1', () => {
  it('names the subject and the remedy, and shows no stack', async () => {
    const { code, stdout, stderr } = await actionnx(['bench', 'no-such-bundle']);
    expect(stderr).toMatch(/^actionnx: [^\n]*no-such-bundle[^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('shows the stack when asked', async () => {
    const { code, stderr } = await actionnx(['bench', 'no-such-bundle'], { ACTIONNX_DEBUG: '1' });
    expect(stderr).toMatch(/\n {4}at /);
    expect(code).toBe(1);
  });

  it('an interrupted command leaves one line', async () => {
    const child = spawn(process.execPath, [main, 'data', 'synth', 'release', '--videos', '400'], {
      cwd: folder,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    expect(stderr).toMatch(/\nactionnx: interrupted; nothing half-written is left[^\n]*\n$/);
    expect(code).toBe(1);
    expect(await readdir(join(folder, 'release'))).toEqual([]);
  });
});

describe('what is asked for goes to stdout', () => {
  it('--version', async () => {
    expect(await actionnx(['--version'])).toEqual({ code: 0, stdout: `${packageVersion}\n`, stderr: '' });
  });

  it('--help of a command', async () => {
    const { code, stdout, stderr } = await actionnx(['bench', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^actionnx bench <bundle>\n\n.*\n.*Examples:\n {2}actionnx bench /s);
  });

  it('ls', async () => {
    const { stdout } = await actionnx(['ls']);
    expect(stdout).toMatch(/^A3 +apcd-resnet +apcd-resnet-152 +the key frame, 224×224 +58\.9$/m);
    expect(stdout).toMatch(
      /^A4 +pcd-r2plus1d +pcd-r2plus1d-18 +16 frames of 224×224, around the key frame +61\.7$/m,
    );
    expect(stdout).toMatch(/^adamw +Adam with weight decay apart .* +beta1=0\.9 .* weightDecay=0\.01$/m);
    expect(stdout).toMatch(/^f1\/samples +example-based F1 +0–1 +higher$/m);
  });

  it('doctor --only runs a graph, and compares', async () => {
    const { code, stdout } = await actionnx(['doctor', '--only', 'onnxruntime-node/cpu', '--json']);
    expect(JSON.parse(stdout).findings).toEqual([
      {
        name: 'onnxruntime-node/cpu',
        part: 'inference',
        required: true,
        works: true,
        detail: expect.stringMatching(/^1\.\d+\.\d+; runs a graph, off by \de-\d+$/),
        remedy: null,
      },
    ]);
    expect(code).toBe(0);
  });

  it('a reader that has seen enough is no failure', async () => {
    await writeFile(
      join(folder, 'list.sh'),
      `"${process.execPath}" "${main}" ls --json | head -c 1 >/dev/null; echo \${PIPESTATUS[0]}`,
    );
    const child = spawn('bash', [join(folder, 'list.sh')]);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    await once(child, 'close');
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });
});
