#!/usr/bin/env node
import yargs, { type Argv } from 'yargs';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { commands } from './commands.ts';
import { explainUsage, misgivenFlag } from './usage.ts';

/** A wrong command line, as yargs found it. */
class UsageFailure extends Error {}

/** Knows the one command that is named, or, where none is, all of them by their line in the help. */
async function parser(args: string[]): Promise<Argv> {
  const named = args.find((arg) => !arg.startsWith('-'));
  const chosen = commands.find(({ command }) => command.split(' ', 1)[0] === named);
  const known = chosen
    ? [await chosen.load()]
    : commands.map(({ command, describe }) => ({ command, describe, handler: () => {} }));
  const cli = yargs(args);
  // Not in yargs's types.
  const parsing = cli as unknown as { getOptions(): { array: string[] } };
  return cli
    .scriptName('actionnx')
    .usage('$0 <command>')
    .command(known)
    .demandCommand(1)
    .strict()
    .check((argv) => misgivenFlag(args, argv, parsing.getOptions().array) ?? true)
    .version(packageVersion)
    .alias('help', 'h')
    .wrap(Math.min(110, process.stderr.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Error ? error : new UsageFailure(message);
    });
}

async function main(args: string[]): Promise<void> {
  const cli = await parser(args);
  try {
    await cli.parseAsync();
  } catch (error) {
    await fail(error, cli, args);
  }
}

/** Says on stderr what went wrong, and ends with the error's exit code. */
async function fail(error: unknown, cli: Argv, args: string[]): Promise<never> {
  const isUsage = error instanceof UsageFailure || (error instanceof UserError && error.exitCode === 2);
  if (!isUsage) return failWork(error);
  const help = await cli.getHelp();
  process.stderr.write(`${args.length === 0 ? help : explainUsage(onOneLine(error), help, args)}\n`);
  process.exit(2);
}

/** All of what yargs says: it puts what is wrong below the first line. */
function onOneLine(error: unknown): string {
  return error instanceof Error ? error.message.trim().replace(/\s*\n\s*/g, ' ') : reasonOf(error);
}

/** The same for anything but wrong usage: one line. */
function failWork(error: unknown): never {
  const line =
    error instanceof UserError
      ? error.message
      : `unexpected error: ${reasonOf(error)}; run again with ACTIONNX_DEBUG=1 for the stack, and report it`;
  process.stderr.write(`actionnx: ${line}\n`);
  if (process.env.ACTIONNX_DEBUG) console.error(error);
  process.exit(1);
}

// What is thrown where nobody waits for it, as in a stream's listener, is told in the same way.
process.on('uncaughtException', failWork);

// A reader that has seen enough (`actionnx ls | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Temporary files are removed by whoever made them when the process exits (src/node/temporary.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write(
      '\nactionnx: interrupted; nothing half-written is left, run the same command again to go on\n',
    );
    process.exit(1);
  });
}

await main(process.argv.slice(2));
