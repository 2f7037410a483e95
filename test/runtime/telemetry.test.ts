import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const built = new URL('../../dist/src/runtime/telemetry.js', import.meta.url);
if (!existsSync(fileURLToPath(built))) throw new Error('run `npm run build` before the tests');

/** What a program prints that imports `disableTelemetry`, started with `value` in its environment. */
async function printed(code: string, value?: string): Promise<string> {
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const program = `import { disableTelemetry } from '${built}';\n${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env: value === undefined ? env : { ...env, ORT_DISABLE_TELEMETRY: value },
  });
  return stdout.trim();
}

/** What native code and children find after the call. */
const call = `disableTelemetry();
  console.log(process.report.getReport().environmentVariables.ORT_DISABLE_TELEMETRY);`;

/** The same call in a worker, which has a copy of the environment that says yes. */
const inWorker = (first: string) => `import { Worker } from 'node:worker_threads';
  ${first}
  const body = "import('${built}').then(({ disableTelemetry }) => disableTelemetry())" +
    ".then(() => console.log('may load'), (error) => console.log(error.message))";
  new Worker(body, { eval: true, env: { ORT_DISABLE_TELEMETRY: '1' } });`;

describe('disableTelemetry', () => {
  it('opts out, where nobody has decided', async () => {
    expect(await printed(call)).toBe('1');
    expect(await printed(call, '')).toBe('1');
  });

  it('leaves alone what a person has set', async () => {
    expect(await printed(call, '0')).toBe('0');
  });

  it('lets a worker load the library only where its process has opted out', async () => {
    expect(await printed(inWorker(''))).toMatch(
      /only where its telemetry is off; received a worker thread.*; set process\.env\.ORT_DISABLE_TELEMETRY = '1' in the main/,
    );
    expect(await printed(inWorker('disableTelemetry();'))).toBe('may load');
  });
});
