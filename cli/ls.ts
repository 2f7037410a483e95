import type { CommandModule } from 'yargs';
import type { SystemInput } from '../models/system.ts';
import { table } from './table.ts';

interface Arguments {
  json: boolean;
}

/** `actionnx ls`: what there is to name on the command line. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'ls',
  describe: 'list systems, presets, providers and metrics',
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('actionnx ls --json', 'the same for programs'),
  handler: async ({ json }) => {
    const listed = await list();
    if (json) {
      console.log(JSON.stringify(listed, null, 2));
      return;
    }
    const { systems, providers, metrics } = listed;
    const rows = systems.flatMap(({ id, name, reported, presets }) =>
      presets.map((preset, i) => [
        i === 0 ? id : '',
        i === 0 ? name : '',
        preset.name,
        inputText(preset.input),
        i === 0 && reported.f1 !== null ? reported.f1.toFixed(1) : '',
      ]),
    );
    console.log(table(['Id', 'System', 'Preset', 'Input', 'Reported F1 %'], rows));
    console.log(
      `\n${table(
        ['Provider', 'Runs in'],
        providers.map(({ name, runsIn }) => [name, runsIn.join(', ')]),
      )}`,
    );
    console.log(
      `\n${table(
        ['Metric', 'What it is', 'Range', 'Better'],
        metrics.map(({ name, title, range, higherIsBetter }) => [
          name,
          title,
          range.join('–'),
          higherIsBetter ? 'higher' : 'lower',
        ]),
      )}`,
    );
    console.log(
      `\n${table(['Ensemble', 'What it is'], [['vote-average', 'half the weighted votes, half the weighted mean probability']])}`,
    );
  },
};

async function list() {
  const [models, evaluation, { providers }, { nodeProviders }] = await Promise.all([
    import('../models/index.ts'),
    import('../eval/metrics/index.ts'),
    import('../src/runtime/session.ts'),
    import('../src/runtime/node.ts'),
  ]);
  const { systems, resolveSystem } = models;
  return {
    systems: systems.all.map(({ id, name, title, presets, reported }) => ({
      id,
      name,
      title,
      reported,
      presets: Object.keys(presets).map((preset) => {
        const { system, config } = resolveSystem(preset);
        return { name: preset, input: system.input(config) };
      }),
    })),
    providers: providers.map((name) => ({
      name,
      runsIn: [
        ...((nodeProviders as readonly string[]).includes(name) ? ['Node'] : []),
        ...(name === 'wasm' || name === 'webgpu' ? ['browsers'] : []),
      ],
    })),
    metrics: evaluation.metrics.all.map(({ name, title, range, higherIsBetter, reference }) => ({
      name,
      title,
      range,
      higherIsBetter,
      reference,
    })),
    ensembles: ['vote-average'],
  };
}

/** `224² frame`, `16 × 112² clip, every 2nd frame`. */
function inputText({ kind, size, frames, speed }: SystemInput): string {
  if (kind === 'frame') return `${size}×${size} frame`;
  return `${frames} frames of ${size}×${size}${speed > 1 ? `, ${speed} apart` : ''}`;
}
