import type { CommandModule } from 'yargs';

/** A command as the help lists it, and the module that has the rest. */
interface ListedCommand {
  /** Its name, and what has to follow it. The module's own `command` and `describe` say the same; a test sees to it. */
  readonly command: string;
  readonly describe: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command, in the order of the work. Listed here, so that the help need not load what the commands need. */
export const commands: readonly ListedCommand[] = [
  {
    command: 'demo',
    describe: 'the whole job on a small synthetic A2D: data, train, export, score, report, page',
    load: load(() => import('./demo.ts')),
  },
  {
    command: 'data',
    describe: 'make, describe and prepare data sets',
    load: load(() => import('./data.ts')),
  },
  {
    command: 'train <system>',
    describe: 'train a system from its recipe',
    load: load(() => import('./train.ts')),
  },
  {
    command: 'export <source>',
    describe: 'write a bundle: the ONNX graph, proven against tfjs, and all that is needed to run it',
    load: load(() => import('./export.ts')),
  },
  {
    command: 'convert <model>',
    describe: 'write any tfjs model as an .onnx file, with its own inputs and outputs, proven against tfjs',
    load: load(() => import('./convert.ts')),
  },
  {
    command: 'merge <bundle..>',
    describe: 'merge bundles and what combines them into one graph, as one bundle',
    load: load(() => import('./merge.ts')),
  },
  {
    command: 'graft <backbone>',
    describe: 'put a tfjs head on an ONNX backbone of any origin, as one bundle',
    load: load(() => import('./graft.ts')),
  },
  {
    command: 'wrap <model>',
    describe: 'make a bundle of any ONNX classifier of images or clips: labels, preprocessing, activation',
    load: load(() => import('./wrap.ts')),
  },
  {
    command: 'publish <source..>',
    describe: 'bundles as a repository for Hugging Face or Triton; weights as safetensors',
    load: load(() => import('./publish.ts')),
  },
  {
    command: 'inspect <model>',
    describe: 'what an ONNX graph takes, gives, holds and costs; a picture of it; what changed between two',
    load: load(() => import('./inspect.ts')),
  },
  {
    command: 'score <bundle..>',
    describe: 'predict what the cache lacks of a split',
    load: load(() => import('./score.ts')),
  },
  {
    command: 'eval <bundle..>',
    describe: 'score a split, then metrics, ensemble and report',
    load: load(() => import('./eval.ts')),
  },
  {
    command: 'predict <files..>',
    describe: 'labels for your own images and videos',
    load: load(() => import('./predict.ts')),
  },
  {
    command: 'deploy <bundle..>',
    describe: 'make a static site that runs bundles in the browser',
    load: load(() => import('./deploy.ts')),
  },
  {
    command: 'serve <site>',
    describe: 'serve a deployed site to this machine',
    load: load(() => import('./serve.ts')),
  },
  {
    command: 'bench <bundle>',
    describe: 'latency and throughput of a bundle on this machine',
    load: load(() => import('./bench.ts')),
  },
  {
    command: 'weights <file>',
    describe: 'list what a file of weights holds, and how it fits a system',
    load: load(() => import('./weights.ts')),
  },
  {
    command: 'doctor',
    describe: 'show what is installed, what loads, and what to do about the rest',
    load: load(() => import('./doctor.ts')),
  },
  {
    command: 'ls',
    describe: 'list systems, presets, what recipes are made of, combiners, providers and metrics',
    load: load(() => import('./ls.ts')),
  },
];

/** Each command types its own arguments; yargs only ever hands it those that its own builder has parsed. */
function load(module: () => Promise<{ command: unknown }>): () => Promise<CommandModule> {
  return async () => (await module()).command as CommandModule;
}
