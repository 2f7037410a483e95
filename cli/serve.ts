import type { CommandModule } from 'yargs';
import { serveSite } from '../jobs/site/serve.ts';
import { usageError } from '../src/core/errors.ts';

interface Arguments {
  site: string;
  port: number;
  json: boolean;
}

/** `actionnx serve`: a local server for a deployed site. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'serve <site>',
  describe: 'serve a deployed site to this machine',
  builder: (yargs) =>
    yargs
      .positional('site', { type: 'string', demandOption: true, describe: 'folder that deploy wrote' })
      .option('port', { type: 'number', default: 8080, describe: '0 takes any free one' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .check(({ port }) => {
        if (Number.isInteger(port) && port >= 0 && port <= 65535) return true;
        throw usageError('--port must be a whole number in 0–65535', { received: String(port) });
      })
      .example('actionnx serve site --port 3000', 'then open http://localhost:3000/') as never,
  handler: async ({ site, port, json }) => {
    const { url, close } = await serveSite(site, { port });
    console.log(json ? JSON.stringify({ url }) : url);
    process.stderr.write('Ctrl-C ends it\n');
    // Ctrl-C is how a server ends: no failure, so this takes the place of what other commands do.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal);
    await new Promise<void>((done) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
    });
    await close();
  },
};
