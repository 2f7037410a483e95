import { isMainThread } from 'node:worker_threads';
import { UserError } from '../core/errors.ts';

const optOut = 'ORT_DISABLE_TELEMETRY';

/**
 * Keeps onnxruntime-node from reporting its use: it would otherwise keep a device id and a database under `~/.cache`
 * and post what it notes there. To be called before the library is loaded. What a person has set is left as it is, and
 * children of the process inherit it.
 *
 * @throws UserError in a worker thread of a process that has not opted out: a worker's `process.env` is a copy that
 *   native code never sees, so only the main thread can
 */
export function disableTelemetry(): void {
  if (isMainThread) {
    process.env[optOut] ||= '1';
    return;
  }
  if (environmentOfProcess()[optOut]) return;
  throw new UserError('onnxruntime-node is loaded only where its telemetry is off', {
    received: 'a worker thread, which cannot turn it off for its process',
    remedy: `set process.env.${optOut} = '1' in the main thread before it starts the worker`,
  });
}

/** What native code finds: a report reads the environment as C does. */
function environmentOfProcess(): Readonly<Record<string, string | undefined>> {
  const { environmentVariables } = Object(process.report.getReport());
  return environmentVariables ?? {};
}
