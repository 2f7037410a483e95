import { UserError } from '../core/errors.ts';
import type { Normalization } from '../core/normalization.ts';
import type { BundleManifest } from './manifest.ts';

/** The one input of a system that looks at RGB frames around a key frame. */
export interface FramesInput extends Normalization {
  readonly name: string;
  /** `frame`: [N, height, width, 3]; `clip`: [N, frames, height, width, 3]. */
  readonly kind: 'frame' | 'clip';
  readonly height: number;
  readonly width: number;
  /** 1 for a frame, as is their step. */
  readonly frames: number;
  readonly speed: number;
  /** Where the clip is several windows one after the other, as an ensemble's is. */
  readonly windows?: readonly FrameWindow[];
}

/** Frames of one size around a key frame. */
export interface FrameWindow {
  readonly frames: number;
  readonly speed: number;
  readonly height: number;
  readonly width: number;
}

/** As the schemas of the kinds have given them. */
interface Options extends FrameWindow, Normalization {
  readonly at: string;
  readonly edge: string;
  readonly windows: readonly FrameWindow[];
}

/** What a system of frames looks at; null for one that looks at anything else, or at more. */
export function framesInput({ inputs }: Pick<BundleManifest, 'inputs'>): FramesInput | null {
  const [{ name, kind, options }] = inputs;
  const { height, width, mean, std, ...plan } = options as unknown as Options;
  const { frames, speed, windows } = plan;
  const common = { name, height, width, mean, std };
  if (inputs.length !== 1) return null;
  if (kind === 'frame') return { ...common, kind, frames: 1, speed: 1 };
  if (kind === 'clip' && plan.at === 'centre' && plan.edge === 'shift') {
    return { ...common, kind, frames, speed };
  }
  if (kind !== 'windows') return null;
  const total = windows.reduce((sum, window) => sum + window.frames, 0);
  return {
    ...common,
    kind: 'clip',
    frames: total,
    speed: Math.max(...windows.map((window) => window.speed)),
    windows,
  };
}

/** @param what is made of systems of frames alone: "a Hugging Face repository" @throws UserError for other systems */
export function requireFramesInput(
  manifest: Pick<BundleManifest, 'name' | 'inputs'>,
  what: string,
): FramesInput {
  const input = framesInput(manifest);
  if (input) return input;
  throw new UserError(`${what} takes systems of one frame, or of one clip around the key frame`, {
    received: `${manifest.name}: ${manifest.inputs.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
  });
}
