import type { CommandModule } from 'yargs';
import { exampleBasedScores } from '../eval/metrics/index.ts';
import { resolveSystem, type SystemOverrides } from '../models/index.ts';
import { type Augmentation, augmentations } from '../models/train/augment/augmentation.ts';
import {
  type Backend,
  type BackendRequest,
  backendRequests,
  selectBackend,
} from '../models/train/backend.ts';
import { type TrainResult, train } from '../models/train/fit.ts';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import { ensembleTask } from '../src/core/task.ts';
import { readWeightFile } from '../src/node/weight-file.ts';
import { openData } from './evaluation.ts';
import { pretrainedReport } from './pretrained-report.ts';
import { duration } from './progress.ts';
import { requireSeed } from './seed.ts';
import { table } from './table.ts';
import { TrainingBars } from './training-bars.ts';

interface Arguments {
  system: string;
  data: string;
  out: string;
  preset?: string;
  epochs?: number;
  batch?: number;
  'learning-rate'?: number;
  augment?: string;
  config: string[];
  stage: string[];
  pretrained?: string;
  seed: number;
  backend: BackendRequest;
  split: string;
  'validation-split': string;
  resume: boolean;
  'skip-broken': boolean;
  json: boolean;
}

/** `actionnx train`: from a recipe to checkpoints. */
export const command: CommandModule<object, Arguments> = {
  command: 'train <system>',
  describe: 'train a system from its recipe',
  builder: (yargs) =>
    yargs
      .positional('system', { type: 'string', demandOption: true, describe: 'a system or a preset; see ls' })
      .options({
        data: { type: 'string', demandOption: true, describe: 'folder of a data set of any kind' },
        out: { type: 'string', demandOption: true, describe: 'run folder to write' },
        preset: { type: 'string', describe: "one of the system's presets; default: its full size" },
        epochs: { type: 'number', describe: "passes over the data; default: the recipe's" },
        batch: { type: 'number', describe: "samples a step; default: the recipe's" },
        'learning-rate': { type: 'number', describe: "default: the recipe's" },
        augment: {
          type: 'string',
          describe: `of ${augmentations.join(',')}, or none; default: the recipe's`,
        },
        config: {
          ...{ type: 'string', array: true, default: [] },
          describe: "any field of the system's configuration: size=128",
        },
        stage: {
          ...{ type: 'string', array: true, default: [] },
          describe: "any field of the recipe's stages, or of one: clip=5, 2.rate=1e-4, optimizer=adam",
        },
        pretrained: {
          type: 'string',
          describe: "start from torchvision's weights: .pth, safetensors, .npz, ONNX",
        },
        seed: { type: 'number', default: 0, describe: 'of weights, order and augmentation' },
        backend: { choices: backendRequests, default: 'auto', describe: 'what TensorFlow.js computes with' },
        split: { type: 'string', default: 'train', describe: 'the split to train on' },
        'validation-split': { type: 'string', default: 'val', describe: 'the split to validate on' },
        resume: { type: 'boolean', default: false, describe: 'go on with the run in --out' },
        'skip-broken': { type: 'boolean', default: false, describe: 'leave out unreadable samples' },
        json: { type: 'boolean', default: false, describe: 'print JSON' },
      })
      .example('$0 train pcd-resnet-tiny --data A2D --out runs/pcd', 'train the demo-sized PCD-ResNet')
      .example('$0 train pcd-resnet-tiny --data A2D --out runs/pcd --resume', 'go on after a stop')
      .example(
        '$0 train pcd-resnet-tiny --data A2D --out runs/b --stage optimizer=adam --stage rate=1e-3',
        'the same with another optimiser',
      )
      .example(
        '$0 train pcd-resnet --data A2D --out runs/a1 --pretrained resnet152.pth',
        'start from ImageNet weights',
      ) as never,
  handler: async (args) => {
    const resolved = resolveSystem(args.preset ?? args.system, overridesOf(args));
    if (args.preset !== undefined && resolveSystem(args.system).system.name !== resolved.system.name) {
      throw usageError(`${args.system} has no such preset`, {
        received: JSON.stringify(args.preset),
        remedy: `known: ${Object.keys(resolveSystem(args.system).system.presets).join(', ')}`,
      });
    }
    requireSeed(args.seed);
    const dataset = await openData({ data: args.data, skipBroken: args['skip-broken'] });
    const pretrained = args.pretrained === undefined ? undefined : await readWeightFile(args.pretrained);
    const backend = await chooseBackend(args.backend);
    const bars = new TrainingBars(resolved.preset);
    try {
      const result = await train({
        ...resolved,
        dataset,
        backend,
        folder: args.out,
        seed: args.seed,
        resume: args.resume,
        pretrained,
        onPretrained: (match) =>
          process.stderr.write(`${pretrainedReport(match, pretrained?.metadata ?? {})}\n`),
        splits: { train: args.split, validation: args['validation-split'] },
        evaluate: (probabilities, truth, samples, labels, kind) =>
          exampleBasedScores({ probabilities, truth, samples, labels, task: ensembleTask(kind) }),
        signal: interruption(),
        onProgress: (progress) => bars.show(progress),
      });
      bars.stop();
      const summary = { folder: args.out, backend, best: result.best, epochs: result.epochs };
      console.log(args.json ? JSON.stringify(summary, null, 2) : summaryTable(result));
    } catch (error) {
      throw backend.name === 'wasm' && wasmMemory.test(reasonOf(error)) ? outOfMemory(error) : error;
    } finally {
      bars.stop();
    }
  },
};

/** What WebAssembly says where its 4 GiB are not enough. */
const wasmMemory = /memory access out of bounds|Aborted\(|Cannot enlarge memory|could not allocate/i;

function outOfMemory(cause: unknown): UserError {
  return new UserError("tfjs's wasm backend has no memory left for this model and batch", {
    received: reasonOf(cause),
    remedy: 'give a smaller --batch, or train on tfjs-node (`actionnx doctor` says why it does not load)',
    cause,
  });
}

/** Selects a backend and says on stderr which one it is, and why not a faster one. */
export async function chooseBackend(request: BackendRequest): Promise<Backend> {
  const backend = await selectBackend(request, ({ name, reason }) => {
    process.stderr.write(`not on ${name}: ${reason}\n`);
  });
  process.stderr.write(`training on ${backend.name} (${backend.detail})\n`);
  return backend;
}

/** The best epoch and the last, side by side. */
export function summaryTable({ epochs, best }: TrainResult): string {
  const last = epochs[epochs.length - 1];
  const row = (name: string, { epoch, loss, seconds, validation }: typeof best) => [
    name,
    epoch,
    loss,
    validation.loss,
    validation.precision,
    validation.recall,
    validation.f1,
    duration(seconds),
  ];
  return table(
    ['Checkpoint', 'Epoch', 'Loss', 'Validation loss', 'Precision', 'Recall', 'F1', 'Time'],
    [row('best', best), row('last', last)],
  );
}

function overridesOf(args: Arguments): SystemOverrides {
  const { epochs, batch, 'learning-rate': rate, augment } = args;
  return {
    config: Object.fromEntries(args.config.map((text) => assignment('--config', text))),
    ...(epochs === undefined ? {} : { epochs }),
    stages: {
      ...(batch === undefined ? {} : { batch }),
      ...(rate === undefined ? {} : { rate }),
      ...(augment === undefined ? {} : { augment: parseAugment(augment) }),
    },
    changes: args.stage.map((text) => {
      const [field, value] = assignment('--stage', text);
      const [, stage, path] = /^(?:(\d+)\.)?(.+)$/.exec(field) as RegExpExecArray;
      return { ...(stage && { stage: Number(stage) }), path: path.split('.'), value };
    }),
  };
}

/** What `key=value` says; a value that is no JSON is a text. @throws UserError (exit 2) where it is none */
function assignment(flag: string, text: string): [string, unknown] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined)
    throw usageError(`${flag} must be a field and its value, as in key=value`, { received: text });
  try {
    return [key, JSON.parse(value)];
  } catch {
    return [key, value];
  }
}

function parseAugment(text: string): Augmentation[] {
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const known = augmentations.find((augmentation) => augmentation === name.trim());
    if (known) return known;
    throw usageError('unknown augmentation', {
      received: JSON.stringify(name),
      remedy: `known: ${augmentations.join(', ')}, or none`,
    });
  });
}

/**
 * Aborted by the first Ctrl-C, so that training can stop between two steps and leave a checkpoint; the second one
 * ends the process as it always does.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const others = process.listeners('SIGINT');
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    process.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n');
    for (const listener of others) process.on('SIGINT', listener);
    controller.abort();
  });
  return controller.signal;
}
