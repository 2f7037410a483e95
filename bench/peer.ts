import { spawnSync } from 'node:child_process';

/**
 * Runs another exporter's Python, for a comparison with ours. Which Python: ACTIONNX_PYTHON, or else python3.
 *
 * @param name what to call it where it is not to be had
 * @returns what it prints; null, with the reason on stderr, where Python or a package is missing
 */
export function runPeer(name: string, code: string): string | null {
  const python = process.env.ACTIONNX_PYTHON ?? 'python3';
  const { status, stdout, stderr, error } = spawnSync(python, ['-c', code], {
    encoding: 'utf8',
    // Their packages bring ONNX Runtime too, which reports its use where nobody forbids it.
    env: { ORT_DISABLE_TELEMETRY: '1', ...process.env },
  });
  if (status === 0) return stdout.trim();
  process.stderr.write(`${name} is left out: ${error?.message ?? stderr.trim().split('\n').at(-1)}\n`);
  return null;
}
