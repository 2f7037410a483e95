import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { UserError } from '../core/errors.ts';

/** Runs a short command and gives what it printed. */
export const run = promisify(execFile);

let ffmpegLookup: Promise<{ ffmpeg: string; version: string } | null> | undefined;

/** The ffmpeg on the PATH, or null where ffmpeg or its ffprobe does not run. Looked up once a process. */
export function findFfmpeg(): Promise<{ ffmpeg: string; version: string } | null> {
  ffmpegLookup ??= (async () => {
    try {
      const [{ stdout }] = await Promise.all([run('ffmpeg', ['-version']), run('ffprobe', ['-version'])]);
      return { ffmpeg: 'ffmpeg', version: /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'unknown' };
    } catch {
      return null;
    }
  })();
  return ffmpegLookup;
}

/** @throws UserError that says how to get ffmpeg, where it is missing */
export async function requireFfmpeg(): Promise<void> {
  if (!(await findFfmpeg())) {
    throw new UserError('videos need ffmpeg and ffprobe ≥ 5.1 on the PATH', {
      remedy: 'install it (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg)',
    });
  }
}

/** A running ffmpeg. */
export interface FfmpegChild {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Settles when the process is gone: its exit status, and what it complained about. */
  readonly ended: Promise<{ status: number | null; complaint: string }>;
  /** Ends it where it still runs, and lets go of its pipes. Settles when it is gone. */
  stop(): Promise<void>;
}

/** ffmpegs at work; they end with the process, and before it removes what they were writing. */
const running = new Set<ChildProcess>();

function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Starts ffmpeg, quiet but for errors.
 *
 * @param onLine is given every line that ffmpeg logs, each with its level in brackets; complaints are the errors only
 */
export function startFfmpeg(flags: readonly string[], onLine?: (line: string) => void): FfmpegChild {
  const level = onLine ? 'level+info' : 'error';
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-nostats', '-v', level, ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (running.size === 0) process.prependListener('exit', killRunning);
  running.add(child);
  let complaint = '';
  const complain = (text: string) => {
    if (complaint.length < 4000) complaint += text;
  };
  if (onLine) {
    createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      if (/^(\[[^\]]*\] )*\[(error|fatal|panic)\] /.test(line)) complain(`${line}\n`);
      onLine(line);
    });
  } else {
    child.stderr.setEncoding('utf8').on('data', complain);
  }
  // Writing to a process that gave up is reported by its exit, not by the pipe.
  child.stdin.on('error', () => {});
  const ended = new Promise<{ status: number | null; complaint: string }>((resolve) => {
    const end = (status: number | null, reason: string) => {
      running.delete(child);
      if (running.size === 0) process.removeListener('exit', killRunning);
      resolve({ status, complaint: reason });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (status) => end(status, complaint));
  });
  const stop = async () => {
    child.kill('SIGKILL');
    // What nobody has read would keep the pipe open.
    child.stdout.destroy();
    await ended;
  };
  return { child, ended, stop };
}
