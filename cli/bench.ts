import type { CommandModule } from 'yargs';
import { usageError } from '../src/core/errors.ts';
import { Rng } from '../src/core/rng.ts';
import { readBundle } from '../src/node/bundle-folder.ts';
import { Classifier } from '../src/runtime/classifier.ts';
import { nodeProviders, nodeRuntime } from '../src/runtime/node.ts';
import { table } from './table.ts';

interface Arguments {
  bundle: string;
  provider: (typeof nodeProviders)[number];
  batch: number[];
  runs: number;
  threads?: number;
  json: boolean;
}

/** `actionnx bench`: how fast a bundle runs here, frames resized and packed included. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'bench <bundle>',
  describe: 'latency and throughput of a bundle on this machine',
  builder: (yargs) =>
    yargs
      .positional('bundle', { type: 'string', demandOption: true, describe: 'bundle folder' })
      .option('provider', { choices: nodeProviders, default: 'auto' as const, describe: 'where it runs' })
      .option('batch', { type: 'number', array: true, default: [1, 8], describe: 'batch sizes to time' })
      .option('runs', { type: 'number', default: 10, describe: 'timed runs a batch size, after 3 warm-ups' })
      .option('threads', { type: 'number', describe: 'threads; default: all cores' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('actionnx bench bundles/pcd-resnet --batch 1 16', 'one at a time, and sixteen'),
  handler: async (args) => {
    for (const [flag, values] of Object.entries({ batch: args.batch, runs: [args.runs] })) {
      const wrong = values.find((value) => !(Number.isInteger(value) && value > 0));
      if (wrong !== undefined) {
        throw usageError(`--${flag} must be a positive whole number`, { received: String(wrong) });
      }
    }
    const classifier = await Classifier.open(await readBundle(args.bundle), nodeRuntime, {
      ...args,
      onNotice: (message) => process.stderr.write(`${message}\n`),
    });
    const rows = [];
    try {
      for (const batch of args.batch) rows.push({ batch, ...(await time(classifier, batch, args.runs)) });
    } finally {
      await classifier.release();
    }
    const { manifest, provider } = classifier;
    if (args.json) {
      console.log(JSON.stringify({ system: manifest.name, provider, runs: args.runs, rows }, null, 2));
      return;
    }
    console.log(`${manifest.name} on ${provider}, median of ${args.runs} runs`);
    console.log(
      table(
        ['Batch', 'Latency ms', 'Slowest ms', classifier.plan.sizes.length > 1 ? 'clips/s' : 'frames/s'],
        rows.map((row) => [
          row.batch,
          row.medianMs.toFixed(1),
          row.slowestMs.toFixed(1),
          row.perSecond.toFixed(1),
        ]),
      ),
    );
  },
};

const warmUps = 3;

/** Times `predict` on noise of a video frame's size. */
async function time(classifier: Classifier, batch: number, runs: number) {
  const rng = new Rng('bench');
  const samples = Array.from({ length: batch }, () =>
    classifier.plan.sizes.map(() => ({
      width: 320,
      height: 240,
      data: Uint8Array.from({ length: 320 * 240 * 3 }, () => rng.integer(256)),
    })),
  );
  const milliseconds: number[] = [];
  for (let run = -warmUps; run < runs; run++) {
    const started = performance.now();
    await classifier.predict(samples);
    if (run >= 0) milliseconds.push(performance.now() - started);
  }
  milliseconds.sort((a, b) => a - b);
  const medianMs = (milliseconds[Math.floor((runs - 1) / 2)] + milliseconds[Math.floor(runs / 2)]) / 2;
  return { medianMs, slowestMs: milliseconds[runs - 1], perSecond: (1000 * batch) / medianMs };
}
