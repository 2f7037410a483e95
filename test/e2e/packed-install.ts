import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program; its output, or an Error that holds it. */
export function run(program: string, args: readonly string[], folder: string): Promise<Finished> {
  return promisify(execFile)(program, args, {
    cwd: folder,
    env: {
      ...process.env,
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      NO_COLOR: '1',
      npm_config_update_notifier: 'false',
    },
    maxBuffer: 2 ** 26,
    // npm is a batch file on Windows.
    shell: process.platform === 'win32',
  });
}

/** What `npm pack` would publish: paths and sizes in bytes. */
export async function packedFiles(): Promise<{ path: string; size: number }[]> {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], root);
  return Object.values<{ files: { path: string; size: number }[] }>(JSON.parse(stdout))[0].files;
}

/**
 * An otherwise empty project into which the packed package is installed, as `npm install actionnx` would. Made once
 * a test run, by whoever asks first; add files of your own names to it and change nothing.
 *
 * @returns its folder
 */
export async function packedInstall(): Promise<string> {
  const folder = inject('packedInstall');
  const project = join(folder, 'project');
  const outcome = join(folder, 'outcome');
  const isFirst = await mkdir(project).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    const reason = await install(project, folder).then(
      () => '',
      (error: Error) => error.message,
    );
    await writeFile(outcome, reason);
  }
  while (!existsSync(outcome)) await setTimeout(200);
  const reason = await readFile(outcome, 'utf8');
  if (reason !== '') throw new Error(`the packed package does not install: ${reason}`);
  return project;
}

async function install(project: string, folder: string): Promise<void> {
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('run `npm run build` before the tests');
  // The build is there; packing must not start another under the feet of other tests.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) as string;
  await writeFile(join(project, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  // Install scripts only bring GPU libraries.
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await run('npm', ['install', ...flags, join(folder, tarball)], project);
}
