import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` before the tests`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-serve-'));
  await writeTinyBundle(join(folder, 'bundle'), await tinyBundle('tiny-frame'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts a command; `line` is its first line on stdout. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
  });
  let [stdout, stderr] = ['', ''];
  const finished = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
  const line = new Promise<string>((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (stdout.includes('\n')) done(stdout.split('\n', 1)[0]);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    finished.then(() => fail(new Error(stderr)));
  });
  line.catch(() => {});
  return { child, line, finished };
}

describe('actionnx deploy and serve', () => {
  it('make a site and serve it until Ctrl-C, which is no failure', async () => {
    const deployed = await start('deploy', 'bundle', '--out', 'site', '--json').finished;
    expect(deployed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(deployed.stdout)).toMatchObject({ systems: ['tiny-frame'] });
    const { child, line, finished } = start('serve', 'site', '--port', '0');
    const url = await line;
    expect(await (await fetch(new URL('site.json', url))).json()).toMatchObject({
      systems: [{ name: 'tiny-frame' }],
    });
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 0, stdout: `${url}\n` });
  });

  it.each([
    [['deploy', 'bundle'], 'Missing required argument: out'],
    [['deploy', 'absent', '--out', 'x'], 'absent is not a bundle'],
    [['serve', 'bundle'], 'bundle is not a site'],
    [['serve', 'site', '--port', '70000'], '--port must be a whole number in 0–65535'],
  ])('%j says what is wrong in a line', async (args, message) => {
    const { code, stdout, stderr } = await start(...args).finished;
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
  });
});
