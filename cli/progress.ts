import { Presets, SingleBar } from 'cli-progress';
import pc from 'picocolors';

/** Values shown beside a bar, such as the loss: `{ loss: 0.31, rate: 0.01 }`. */
export type ProgressFields = Readonly<Record<string, string | number>>;

export interface Progress {
  /** `done` of the total so far. */
  update(done: number, fields?: ProgressFields): void;
  /** Ends the bar; its last state stays on the screen. Further calls do nothing. */
  stop(): void;
}

/** Lines that a pipe or a log gets are at least this far apart, in milliseconds; the first and the last always come. */
const lineInterval = 5000;

/**
 * Shows how far a piece of work is, on stderr: a bar with the time left on a terminal, a plain line now and then
 * elsewhere.
 *
 * @example const bar = progressBar('pcd-resnet epoch 1/8', batches); bar.update(3, { loss: 0.31 }); bar.stop();
 */
export function progressBar(
  title: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  return stream.isTTY ? terminalBar(title, total, stream) : plainLines(title, total, stream);
}

function terminalBar(title: string, total: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar(
    {
      format: `${title} ${pc.cyan('{bar}')} {value}/{total} {left}{fields}`,
      barsize: 28,
      stream,
      hideCursor: true,
      stopOnComplete: false,
      emptyOnZero: true,
      // Interrupts belong to the command line, which stops the bar by leaving.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const left = timeLeft(total);
  bar.start(total, 0, { left: '', fields: '' });
  let running = true;
  return {
    update(done, fields = {}) {
      if (running) bar.update(done, { left: left(done), fields: describe(fields) });
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

function plainLines(title: string, total: number, stream: NodeJS.WriteStream): Progress {
  const left = timeLeft(total);
  let lastTime = Number.NEGATIVE_INFINITY;
  let pending: string | null = null;
  return {
    update(done, fields = {}) {
      pending = `${title} ${done}/${total} ${done < total ? left(done) : ''}${describe(fields)}`.trimEnd();
      const now = performance.now();
      if (now - lastTime < lineInterval) return;
      stream.write(`${pending}\n`);
      lastTime = now;
      pending = null;
    },
    stop() {
      if (pending !== null) stream.write(`${pending}\n`);
      pending = null;
    },
  };
}

/** The time left at the mean speed so far, as text. */
function timeLeft(total: number): (done: number) => string {
  const started = performance.now();
  return (done) => {
    if (done <= 0 || done >= total) return '';
    const seconds = ((performance.now() - started) / 1000) * (total / done - 1);
    return `${duration(seconds)} left`;
  };
}

/** Seconds as people write them: `8 s`, `2 min 05 s`, `1 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function describe(fields: ProgressFields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`,
  );
  return parts.map((part) => `  ${part}`).join('');
}

/** One bar after another, for work that goes through tasks of unknown order. */
export function taskBars<Task extends string>(titles: Record<Task, string>) {
  let current: { task: Task; total: number; bar: Progress } | undefined;
  return {
    update(task: Task, done: number, total: number): void {
      if (current?.task !== task || current.total !== total) {
        current?.bar.stop();
        current = { task, total, bar: progressBar(titles[task], total) };
      }
      current.bar.update(done);
    },
    stop: () => current?.bar.stop(),
  };
}
