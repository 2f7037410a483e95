import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveSystem, systems } from '../../models/index.ts';
import { planOf } from '../../models/system.ts';
import { tf } from '../../models/tf.ts';
import { settleGroups } from '../../models/train/weight-groups.ts';
import { sizeOf } from '../../src/core/tensor.ts';

type Model = ReturnType<typeof tf.model>;

/** As torch counts them: batch norm's running statistics are not parameters. */
function parametersOf(model: Model): number {
  return model.trainableWeights.reduce((sum, weight) => sum + sizeOf(weight.shape as number[]), 0);
}

function tinyPresets(): string[] {
  return systems.all.flatMap((system) =>
    Object.keys(system.presets).filter((preset) => preset.endsWith('-tiny')),
  );
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The labels that a preset is about. */
function labelsOf(preset: string): number {
  const { system, config } = resolveSystem(preset);
  const space = system.space?.(config);
  if (space === undefined) return config.labels as number;
  return space === 'a2d-actors' ? 7 : 9;
}

describe('parameter counts', () => {
  // torchvision's published counts, without its classifiers of 1000 and 400.
  const backbones = {
    152: 60_192_808 - (2048 * 1000 + 1000),
    50: 25_557_032 - (2048 * 1000 + 1000),
    18: 31_505_325 - (512 * 400 + 400),
  };

  // The heads add F·2C + 2C, F·C + C, and the attention 9·1024 + 1.
  it.each([
    ['pcd-resnet-152', '152', '152', backbones[152] + 2048 * 86 + 86],
    // As wide as 152, and built in half the time.
    ['pcd-sig-resnet-152', '152', '50', backbones[50] + 2048 * 43 + 43],
    ['apcd-resnet-152', '152', '50', backbones[50] + 2048 * 43 + 43 + 9 * 1024 + 1],
    ['pcd-r2plus1d-18', '18', '18', backbones[18] + 512 * 86 + 86],
  ])("%s is of depth %s; at %s it has its own heads' on top", (preset, own, depth, parameters) => {
    expect(resolveSystem(preset).config).toMatchObject({ depth: own });
    const { system, config } = resolveSystem(preset, { config: { depth } });
    const model = system.build(config, 0);
    expect(parametersOf(model)).toBe(parameters);
    const shapes = model.outputs.map((output) => output.shape);
    // APCD's second output: a map over layer3's positions.
    expect(shapes).toEqual(
      preset === 'apcd-resnet-152'
        ? [
            [null, 43],
            [null, 14, 14],
          ]
        : [[null, 43]],
    );
    model.dispose();
  });
});

/** As Keras counts them: running statistics are parameters that are not trained. */
function allWeightsOf(model: Model): number {
  return model.weights.reduce((sum, weight) => sum + sizeOf(weight.shape as number[]), 0);
}

/** What a system's first stage trains of it. */
function trainedBy(preset: string): { all: number; trained: number } {
  const { system, config, recipe } = resolveSystem(preset);
  const model = system.build(config, 0);
  const { variables } = settleGroups(model, recipe[0]);
  const trained = [...variables.values()].reduce((sum, { size }) => sum + size, 0);
  const all = allWeightsOf(model);
  model.dispose();
  return { all, trained };
}

describe('what is trained', () => {
  // papers/003's model summaries.
  it.each([
    ['stanford-cnn', { all: 6_578_424, trained: 6_575_672 }],
    ['tv-hi-frame', { all: 6_550_588, trained: 16_444 }],
    ['tv-hi-flow', { all: 7_932_536, trained: 7_930_744 }],
    ['tv-hi-two-stream', { all: 14_551_394, trained: 274_628 }],
  ])('%s is of as many parameters as the report says', (name, counts) => {
    expect(trainedBy(name)).toEqual(counts);
  });

  it('of I2 is its last layer alone, and of torchvision its backbone', () => {
    const { all, trained } = trainedBy('last-layer-resnet18');
    expect(trained).toBe(512 * 43 + 43);
    // 11,689,512 with a classifier of 1000; batch norms keep two more numbers for each of 4,800 channels.
    expect(all).toBe(11_689_512 - (512 * 1000 + 1000) + 2 * 4800 + trained);
  });

  it.each([
    ['joint-resnet', 43],
    ['actor-resnet-152', 7],
    ['action-resnet-152', 9],
  ])('of %s is all of a ResNet with %i labels, and then its last layers', (name, labels) => {
    const { system, config, recipe } = resolveSystem(name, { config: { depth: '18' } });
    const model = system.build(config, 0);
    const names = recipe.map((stage) => [...settleGroups(model, stage).variables.keys()]);
    expect(names[0]).toHaveLength(62);
    expect(new Set(names[1].map((path) => path.split(/[./]/)[0]))).toEqual(new Set(['layer4', 'logits']));
    expect(model.outputs[0].shape).toEqual([null, labels]);
    expect(recipe[1].schedule.kind).toBe('cosine');
    model.dispose();
  });
});

describe('every system', () => {
  it.each(tinyPresets())(
    '%s gives probabilities that vary with the input, the same for the same seed',
    (preset) => {
      const { system, config } = resolveSystem(preset);
      const { inputs: wanted } = planOf(system, config);
      const inputs = [...wanted.values()].map(({ shape }) =>
        tf.randomNormal([2, ...shape], 0, 1, 'float32', 5),
      );
      const outputs = (seed: number) => {
        const model = system.build(config, seed);
        // What it says that it looks at is what it takes.
        expect(model.inputNames).toEqual([...wanted.keys()]);
        expect(model.inputs.map(({ shape }) => shape.slice(1))).toEqual(
          [...wanted.values()].map(({ shape }) => shape),
        );
        return [model.predict(inputs)].flat();
      };
      const [first] = outputs(1);
      expect(first.shape).toEqual([2, labelsOf(preset)]);
      const values = first.dataSync();
      expect(values.every((p) => p > 0 && p < 1)).toBe(true);
      expect(outputs(1)[0].dataSync()).toEqual(values);
      if (system.name === 'apcd-resnet') for (const p of values) expect(p).toBeCloseTo(0.05, 6);
      else expect(outputs(2)[0].dataSync()).not.toEqual(values);
    },
  );
});

describe('resolveSystem', () => {
  it('takes a preset, its recipe, and overrides', () => {
    const { config, recipe } = resolveSystem('pcd-resnet-tiny', { epochs: 3, stages: { rate: 0.5 } });
    expect(config).toMatchObject({ depth: 'tiny', labels: 43 });
    expect(recipe).toMatchObject([
      {
        epochs: 3,
        rate: 0.5,
        optimizer: { options: { momentum: 0.9 } },
        loss: { options: { reduction: 'mean' } },
      },
    ]);
  });

  it('lists the known names for an unknown one', () => {
    expect(() => resolveSystem('resnet')).toThrow(
      /unknown system; received "resnet"; known: pcd-resnet, .*apcd-resnet/,
    );
  });

  it('names the wrong field of a configuration', () => {
    expect(() => resolveSystem('pcd-resnet', { config: { size: -1 } })).toThrow(/size/);
  });
});
