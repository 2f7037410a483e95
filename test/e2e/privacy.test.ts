import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/node/image-file.ts';
import { tinyFrame, writeTinyA2d } from '../golden/tiny-a2d.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
if (!existsSync(main)) throw new Error('run `npm run build` before the tests');

/** Absent elsewhere than on Linux, and some containers do not allow it. */
const hasStrace = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0;
const sockets = hasStrace
  ? 'opens no socket beyond this machine'
  : 'SOCKETS NOT WATCHED: strace does not run here';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-privacy-'));
  await writeTinyA2d(join(folder, 'data'));
  await writeTinyBundle(join(folder, 'tiny-frame'), await tinyBundle('tiny-frame'));
  await writeFile(join(folder, 'photo.png'), await encodePng(tinyFrame(1, 'alpha', 1)));
  const clip = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=8:duration=1', 'clip.mp4'];
  execFileSync('ffmpeg', ['-v', 'error', ...clip], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Left {
  /** Below a home and a temporary folder of its own. */
  files: string[];
  /** System calls that name an address beyond this machine, or look one up; null where nobody watched. */
  calls: string[] | null;
}

/** What running Node with these arguments leaves behind. */
async function watch(name: string, args: readonly string[]): Promise<Left> {
  const [home, temporary] = [join(folder, name, 'home'), join(folder, name, 'tmp')];
  const trace = join(folder, name, 'trace');
  for (const path of [home, temporary]) await mkdir(path, { recursive: true });
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, XDG_CONFIG_HOME: ___, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, TMPDIR: temporary };
  // The kernel stops a program for the calls that are watched only.
  const strace = ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=network', '-o', trace];
  const [program, ...rest] = [...(hasStrace ? strace : []), process.execPath, ...args];
  await promisify(execFile)(program, rest, { cwd: folder, env });
  const found = await Promise.all([home, temporary].map((path) => readdir(path, { recursive: true })));
  return { files: found.flat(), calls: hasStrace ? callsAbroad(await readFile(trace, 'utf8')) : null };
}

/** Lines of a trace that name an address that is not this machine's, or the service that resolves names. */
function callsAbroad(trace: string): string[] {
  const address = /inet_addr\("([^"]*)"\)|inet_pton\(AF_INET6, "([^"]*)"/;
  return trace.split('\n').filter((line) => {
    const found = address.exec(line);
    const host = found?.[1] ?? found?.[2];
    return host === undefined
      ? line.includes('systemd/resolve')
      : !/^(127\.|::1$|::$|0\.0\.0\.0$|::ffff:127\.)/.test(host);
  });
}

/** ONNX Runtime's, where its telemetry is on: a device id, a database, a session and logs. */
const telemetry = /Microsoft|onnxruntime|deviceid|mat-debug|\.ses$|\.db$/i;

describe('nothing leaves the machine', () => {
  it.concurrent.each([
    ['predict', ['predict', 'tiny-frame', 'photo.png', 'clip.mp4', '--rate', '2', '--provider', 'cpu']],
    ['eval', ['eval', 'tiny-frame', '--data', 'data', '--provider', 'cpu', '--out', 'evaluation']],
    ['doctor', ['doctor']],
  ])(`%s keeps no record of its use; ${sockets}`, async (name, args) => {
    const { files, calls } = await watch(name, [main, ...args]);
    expect(files.filter((file) => telemetry.test(file))).toEqual([]);
    expect(calls ?? []).toEqual([]);
  });

  it.runIf(hasStrace)('would see a socket beyond this machine', async () => {
    // An address for documentation; connecting a datagram socket sends nothing.
    const socket = "import('node:dgram').then((d) => { const s = d.createSocket('udp4');";
    const code = `${socket} s.connect(9, '192.0.2.1', () => s.close()); })`;
    const { calls } = await watch('control', ['-e', code]);
    expect(calls?.join()).toContain('192.0.2.1');
  });
});
