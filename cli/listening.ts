import type { Listener } from '../jobs/listener.ts';
import { type Progress, progressBar } from './progress.ts';

/** Does a job whose notices become lines on stderr, and whose pieces of work progress bars, one after another. */
export async function listening<Result>(job: (listener: Listener) => Promise<Result>): Promise<Result> {
  let bar: { readonly work: string; readonly progress: Progress } | undefined;
  const stop = () => {
    bar?.progress.stop();
    bar = undefined;
  };
  try {
    return await job({
      onNotice: (message) => process.stderr.write(`${message}\n`),
      onProgress: (work, done, total) => {
        if (bar?.work !== work) {
          stop();
          bar = { work, progress: progressBar(work, total) };
        }
        bar.progress.update(done);
      },
    });
  } finally {
    stop();
  }
}
