/** Every system, and how a name on the command line becomes one. To add a system: a file in systems/, a line here. */
import { usageError } from '../src/core/errors.ts';
import { Registry } from '../src/core/registry.ts';
import { schemaFault } from '../src/core/schema-fault.ts';
import type { System } from './system.ts';
import { apcdResnet } from './systems/apcd-resnet.ts';
import { jointResnet } from './systems/joint-resnet.ts';
import { lastLayerResnet18 } from './systems/last-layer-resnet18.ts';
import { marginalResnet } from './systems/marginal-resnet.ts';
import { pcdR2plus1d } from './systems/pcd-r2plus1d.ts';
import { pcdResnet } from './systems/pcd-resnet.ts';
import { pcdSigResnet } from './systems/pcd-sig-resnet.ts';
import { stanfordCnn } from './systems/stanford-cnn.ts';
import { tvHiFlow } from './systems/tv-hi-flow.ts';
import { tvHiFrame } from './systems/tv-hi-frame.ts';
import { tvHiTwoStream } from './systems/tv-hi-two-stream.ts';
import { changeRecipe, type RecipeChange } from './train/recipe-change.ts';
import { type Recipe, type Stage, wholeEpochs } from './train/stage.ts';

export const systems = new Registry<System>('system', [
  pcdResnet,
  pcdSigResnet,
  apcdResnet,
  pcdR2plus1d,
  jointResnet,
  marginalResnet,
  lastLayerResnet18,
  stanfordCnn,
  tvHiFrame,
  tvHiFlow,
  tvHiTwoStream,
]);

/** A system with its configuration and recipe settled. */
export interface ResolvedSystem {
  readonly system: System;
  readonly preset: string;
  readonly config: Record<string, unknown>;
  readonly recipe: Recipe;
}

/** What is to be other than a preset has it. */
export interface SystemOverrides {
  readonly config?: Record<string, unknown>;
  /** In all, shared out among the stages as they have them. */
  readonly epochs?: number;
  /** Fields of every stage. */
  readonly stages?: Partial<Stage>;
  /** Fields inside stages, or of single ones. */
  readonly changes?: readonly RecipeChange[];
}

/**
 * A system by its name (its full-size preset) or by a preset's name, with single fields overridden.
 *
 * @throws UserError (exit 2) for an unknown name, or a configuration or a change that the schemas refuse
 * @example resolveSystem('pcd-resnet-tiny', { epochs: 3, stages: { rate: 0.01 } });
 */
export function resolveSystem(name: string, overrides: SystemOverrides = {}): ResolvedSystem {
  const system = systems.all.find((candidate) => candidate.name === name || name in candidate.presets);
  if (!system) {
    const presets = systems.all.flatMap((candidate) => Object.keys(candidate.presets));
    throw usageError('unknown system', {
      received: JSON.stringify(name),
      remedy: `known: ${[...systems.names, ...presets].join(', ')}`,
    });
  }
  const preset = name in system.presets ? name : Object.keys(system.presets)[0];
  const { config, recipe = system.recipe } = system.presets[preset];
  const parsed = system.config.safeParse({ ...config, ...overrides.config });
  if (!parsed.success) {
    throw usageError(`${name} has no such configuration`, {
      received: schemaFault(parsed.error, system.config),
    });
  }
  const { epochs, stages, changes = [] } = overrides;
  const changed = wholeEpochs(recipe, epochs).map((stage) => ({ ...stage, ...stages }));
  return { system, preset, config: parsed.data, recipe: changeRecipe(changed, changes) };
}
