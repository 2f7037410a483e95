import yargs, { type Argv } from 'yargs';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { commands } from './commands.ts';
import { explainUsage, misgivenFlag } from './usage.ts';

/** A wrong command line, as yargs found it. */
class UsageFailure extends Error {}

/** Knows the one command that is named, or, where none is, all of them by their line in the help. */
export async function parser(args: readonly string[]): Promise<Argv> {
  const named = args.find((arg) => !arg.startsWith('-'));
  const chosen = commands.find(({ command }) => command.split(' ', 1)[0] === named);
  const known = chosen
    ? [await chosen.load()]
    : commands.map(({ command, describe }) => ({ command, describe, handler: () => {} }));
  const cli = yargs([...args]);
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

/**
 * What to print on stderr of an error that comes of wrong usage: two lines, or the help where nothing was asked for.
 *
 * @param cli the parser that threw it
 * @returns null for any other error
 */
export async function usageComplaint(
  error: unknown,
  cli: Argv,
  args: readonly string[],
): Promise<string | null> {
  const isUsage = error instanceof UsageFailure || (error instanceof UserError && error.exitCode === 2);
  if (!isUsage) return null;
  const help = await cli.getHelp();
  return args.length === 0 ? help : explainUsage(onOneLine(error), help, args);
}

/** All of what yargs says: it puts what is wrong below the first line. */
function onOneLine(error: unknown): string {
  return error instanceof Error ? error.message.trim().replace(/\s*\n\s*/g, ' ') : reasonOf(error);
}
