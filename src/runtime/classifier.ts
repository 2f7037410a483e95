import type { Bundle, BundleManifest } from '../bundle/manifest.ts';
import { UserError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { RgbImage } from '../image/image.ts';
import { InputPlan } from '../inputs/plan.ts';
import { openBundle } from './open-bundle.ts';
import type { InferenceSession, Provider, Runtime, SessionOptions } from './session.ts';

/** What a classifier says about N samples. */
export interface Predictions {
  /** N × labels, row-major, in 0–1. */
  readonly probabilities: Float32Array;
  /** N × h × w, in 0–1: the first of the system's maps over the picture; null where it has none. */
  readonly attention: Tensor | null;
}

/**
 * A bundle, ready to run: decoded pictures in, probabilities out. The same file serves Node and browsers.
 *
 * @example
 * const classifier = await Classifier.open(await readBundle('bundles/pcd-resnet'), nodeRuntime);
 * const { probabilities } = await classifier.predict([[image]]);
 */
export class Classifier {
  readonly manifest: BundleManifest;
  /** What it looks at of a sample. */
  readonly plan: InputPlan;
  readonly #session: InferenceSession;

  private constructor(manifest: BundleManifest, session: InferenceSession) {
    this.manifest = manifest;
    this.plan = new InputPlan(manifest.inputs);
    this.#session = session;
  }

  /** @throws UserError when the graph does not load, or lacks the input or an output that the manifest names */
  static async open(bundle: Bundle, runtime: Runtime, options?: SessionOptions): Promise<Classifier> {
    const { manifest } = bundle;
    const { target, precision } = manifest.graph;
    const blockClips = target === 'cpu' && precision !== 'int8';
    const session = await openBundle(bundle, runtime, { blockClips, ...options });
    const missing = [
      ...manifest.inputs.map(({ name }) => name).filter((name) => !session.inputNames.includes(name)),
      ...manifest.outputs.map(({ name }) => name).filter((name) => !session.outputNames.includes(name)),
    ];
    if (missing.length > 0) {
      await session.release();
      throw new UserError(`the graph of ${manifest.name} must have what its manifest names`, {
        received: `no ${missing.join(', ')}`,
        remedy: 'export the bundle again',
      });
    }
    return new Classifier(manifest, session);
  }

  /** The provider that really runs the graph. */
  get provider(): Provider {
    return this.#session.provider;
  }

  /**
   * Probabilities, and the attention maps where there are any, of N ≥ 0 samples, run as one batch.
   *
   * @param samples each the frames that `plan.needs` names, in its order: one for a frame system. Any size; they are
   *   resized here.
   * @throws UserError when a sample has another number of frames, or as `run`
   */
  async predict(samples: readonly (readonly RgbImage[])[]): Promise<Predictions> {
    if (samples.length === 0) return { probabilities: new Float32Array(0), attention: null };
    const frames = this.plan.sizes.length;
    const wrong = samples.find(({ length }) => length !== frames);
    if (wrong) {
      throw new UserError(`${this.manifest.name} takes ${frames} frame${frames > 1 ? 's' : ''} a sample`, {
        received: String(wrong.length),
      });
    }
    return this.run(await this.plan.pack(samples));
  }

  /**
   * The same for inputs as the graph takes them.
   *
   * @param inputs by name, each [N, …]
   * @throws UserError when the graph answers with another number of labels, or with anything outside 0–1
   */
  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Predictions> {
    const { name, labels, outputs: declared } = this.manifest;
    const outputs = await this.#session.run(inputs);
    const map = declared.find(({ role }) => role === 'map');
    const { probabilities } = outputs;
    const attention = map && outputs[map.name];
    const expected = [Object.values(inputs)[0].shape[0], labels.names.length];
    if (probabilities.shape.join() !== expected.join()) {
      throw new UserError(`${name} must answer ${expected.join(' × ')} probabilities, a column a label`, {
        received: probabilities.shape.join(' × '),
        remedy: 'export the bundle again with the labels it was trained on',
      });
    }
    const wrong = probabilities.data.findIndex((p) => !(p >= -1e-6 && p <= 1 + 1e-6));
    if (wrong >= 0) {
      throw new UserError(`probabilities must lie in 0–1`, {
        received: `${probabilities.data[wrong]} from ${name} on ${this.provider}`,
        remedy: 'try another provider',
      });
    }
    return { probabilities: probabilities.data as Float32Array, attention: attention ?? null };
  }

  /** Frees the session's memory; the classifier cannot be used after. */
  release(): Promise<void> {
    return this.#session.release();
  }
}
