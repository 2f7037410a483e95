import type { CommandModule } from 'yargs';
import { type KindOption, type Kinds, optionsOf } from '../src/core/kind.ts';
import { inputKinds } from '../src/inputs/index.ts';
import { InputPlan, type NamedInput } from '../src/inputs/plan.ts';
import { plotOf, scheduleChart } from './schedule-plot.ts';
import { table } from './table.ts';

interface Arguments {
  json: boolean;
  schedule?: string;
}

/** `actionnx ls`: what there is to name on the command line. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'ls',
  describe: 'list systems, presets, what recipes are made of, combiners, providers and metrics',
  builder: (yargs) =>
    yargs
      .options({
        schedule: { type: 'string', describe: 'plot a schedule, with its options: "step every=3"' },
        json: { type: 'boolean', default: false, describe: 'print JSON' },
      })
      .example('$0 ls --json', 'the same for programs')
      .example(
        '$0 ls --schedule "warm-up steps=20 after=cosine"',
        'what a schedule does to the rate',
      ) as never,
  handler: async ({ json, schedule }) => {
    if (schedule !== undefined) {
      const plot = await plotOf(schedule);
      console.log(json ? JSON.stringify(plot, null, 2) : scheduleChart(plot));
      return;
    }
    const listed = await list();
    if (json) {
      console.log(JSON.stringify(listed, null, 2));
      return;
    }
    const { systems, inputs, recipes, combiners, providers, metrics } = listed;
    const rows = systems.flatMap(({ id, name, reported, presets }) =>
      presets.map((preset, i) => [
        i === 0 ? id : '',
        i === 0 ? name : '',
        preset.name,
        inputText(preset.inputs),
        i === 0 && reported.f1 !== null ? reported.f1.toFixed(1) : '',
      ]),
    );
    console.log(table(['Id', 'System', 'Preset', 'Input', 'Reported F1 %'], rows));
    for (const [sort, kinds] of Object.entries({ Input: inputs, ...recipes, Combiner: combiners })) {
      const rows = kinds.map(({ kind, title, options }) => [kind, title, optionsText(options)]);
      console.log(`\n${table([sort, 'What it is', 'Options'], rows)}`);
    }
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
  },
};

async function list() {
  const [models, losses, optimizers, schedules, averages] = await Promise.all([
    import('../models/index.ts'),
    import('../models/train/losses/index.ts'),
    import('../models/train/optimizers/index.ts'),
    import('../models/train/schedules/index.ts'),
    import('../models/train/averages/index.ts'),
  ]);
  const [evaluation, { combiners }, { providers }, { nodeProviders }] = await Promise.all([
    import('../eval/metrics/index.ts'),
    import('../eval/combiners/index.ts'),
    import('../src/runtime/session.ts'),
    import('../src/runtime/node.ts'),
  ]);
  const { systems, resolveSystem } = models;
  const { inputsOf } = await import('../models/system.ts');
  return {
    systems: systems.all.map(({ id, name, title, presets, reported }) => ({
      id,
      name,
      title,
      reported,
      presets: Object.keys(presets).map((preset) => {
        const { system, config } = resolveSystem(preset);
        return { name: preset, inputs: inputsOf(system, config) };
      }),
    })),
    inputs: described(inputKinds),
    recipes: {
      Loss: described(losses.losses),
      Optimizer: described(optimizers.optimizers),
      Schedule: described(schedules.schedules),
      Average: described(averages.averages),
    },
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
    combiners: described(combiners).map((kind) => ({
      ...kind,
      learns: combiners.make(combiners.schema.parse(kind.kind)).learns,
    })),
  };
}

function described(kinds: Kinds<unknown>) {
  return kinds.all.map((kind) => ({ kind: kind.kind, title: kind.title, options: optionsOf(kind) }));
}

/** `momentum=0 every`: those without a value have to be given. */
function optionsText(options: readonly KindOption[]): string {
  return options
    .filter((option) => option.isRequired || option.default !== undefined)
    .map((option) => (option.isRequired ? option.name : `${option.name}=${option.default}`))
    .join(' ');
}

/** "16 frames of 112×112, around the key frame" */
function inputText(inputs: readonly NamedInput[]): string {
  return [...new InputPlan(inputs).inputs.values()].map(({ title }) => title).join(' + ');
}
