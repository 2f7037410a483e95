#!/usr/bin/env node
import yargs, { type Argv, type CommandModule } from 'yargs';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { explainUsage, misgivenFlag } from './usage.ts';

/**
 * Every command, in the order of the work. A module is loaded only when its command is named (or all are listed for
 * the help), so that one command never waits for another's imports.
 */
const commands: Record<string, () => Promise<{ command: unknown }>> = {
  demo: () => import('./demo.ts'),
  data: () => import('./data.ts'),
  train: () => import('./train.ts'),
  export: () => import('./export.ts'),
  score: () => import('./score.ts'),
  eval: () => import('./eval.ts'),
  predict: () => import('./predict.ts'),
  deploy: () => import('./deploy.ts'),
  serve: () => import('./serve.ts'),
  bench: () => import('./bench.ts'),
  doctor: () => import('./doctor.ts'),
  ls: () => import('./ls.ts'),
};

/** A wrong command line, as yargs found it. */
class UsageFailure extends Error {}

async function parser(args: string[]): Promise<Argv> {
  const named = args.find((arg) => !arg.startsWith('-')) ?? '';
  const isVersion = args.length === 1 && args[0] === '--version';
  const all = isVersion ? [] : Object.values(commands);
  const loaders = Object.hasOwn(commands, named) ? [commands[named]] : all;
  const modules = await Promise.all(loaders.map((load) => load()));
  const cli = yargs(args)
    .scriptName('actionnx')
    .usage('$0 <command>')
    .command(modules.map(({ command }) => command as CommandModule))
    .demandCommand(1)
    .strict()
    .check((argv) => misgivenFlag(args, argv) ?? true)
    .version(packageVersion)
    .alias('help', 'h')
    .wrap(Math.min(110, process.stderr.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Error ? error : new UsageFailure(message.replace(/\s*\n\s*/g, ' '));
    });
  return cli;
}

async function main(args: string[]): Promise<void> {
  const cli = await parser(args);
  try {
    await cli.parseAsync();
  } catch (error) {
    await fail(error, cli, args);
  }
}

/** Says on stderr what went wrong, in a line, and ends with the error's exit code. */
async function fail(error: unknown, cli: Argv, args: string[]): Promise<never> {
  const isUsage = error instanceof UsageFailure || (error instanceof UserError && error.exitCode === 2);
  if (isUsage) {
    const help = await cli.getHelp();
    const lines = args.length === 0 ? help : explainUsage(reasonOf(error), help, args);
    process.stderr.write(`${lines}\n`);
  } else if (error instanceof UserError) {
    process.stderr.write(`actionnx: ${error.message}\n`);
  } else {
    process.stderr.write(
      `actionnx: unexpected error: ${reasonOf(error)}; run again with ACTIONNX_DEBUG=1 for the stack, and report it\n`,
    );
  }
  if (process.env.ACTIONNX_DEBUG) console.error(error);
  process.exit(isUsage ? 2 : 1);
}

// A reader that has seen enough (`actionnx ls | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Temporary files are removed by whoever made them when the process exits (src/node/atomic-file.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write(
      '\nactionnx: interrupted; nothing half-written is left, run the same command again to go on\n',
    );
    process.exit(1);
  });
}

await main(process.argv.slice(2));
