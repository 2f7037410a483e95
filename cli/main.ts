#!/usr/bin/env node
import { reasonOf, UserError } from '../src/core/errors.ts';
import { parser, usageComplaint } from './parser.ts';

async function main(args: string[]): Promise<void> {
  const cli = await parser(args);
  try {
    await cli.parseAsync();
  } catch (error) {
    const complaint = await usageComplaint(error, cli, args);
    if (complaint === null) failWork(error);
    process.stderr.write(`${complaint}\n`);
    process.exit(2);
  }
}

/** Says on stderr what went wrong in one line, and ends. */
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
