import type { CommandModule } from 'yargs';
import { deploySite } from '../jobs/site/deploy.ts';

interface Arguments {
  bundle: string[];
  out: string;
  example?: string[];
  json: boolean;
}

/** `actionnx deploy`: a static site that runs bundles in the browser. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'deploy <bundle..>',
  describe: 'make a static site that runs bundles in the browser',
  builder: (yargs) =>
    yargs
      .positional('bundle', { type: 'string', array: true, demandOption: true, describe: 'bundle folders' })
      .option('out', { type: 'string', demandOption: true, describe: 'folder of the site' })
      .option('example', { type: 'string', array: true, describe: 'files the page offers to try' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example(
        'actionnx deploy bundles/* --out site --example clip.mp4',
        'then: actionnx serve site',
      ) as never,
  handler: async ({ bundle, out, example, json }) => {
    const deployed = await deploySite(bundle, out, { examples: example });
    if (json) {
      console.log(JSON.stringify(deployed, null, 2));
      return;
    }
    const { folder, systems, bytes } = deployed;
    console.log(`${folder}: ${systems.join(', ')} (${(bytes / 1e6).toFixed(1)} MB)`);
    console.log(`look at it with: actionnx serve ${out}`);
  },
};
