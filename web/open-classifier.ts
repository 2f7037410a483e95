import { reasonOf, UserError } from '../src/core/errors.ts';
import { Classifier } from '../src/runtime/classifier.ts';
import { type WebRuntimeOptions, webRuntime } from '../src/runtime/web.ts';
import { verifyGolden } from './golden.ts';
import type { LoadedBundle } from './load-bundle.ts';

export interface OpenOptions extends WebRuntimeOptions {
  /** Default: `wasm`, which is right everywhere. `webgpu` is faster where it works, and falls back where not. */
  readonly provider?: 'wasm' | 'webgpu';
  /**
   * wasm threads; more than one needs `wasmPaths` and a cross-origin isolated page. Default: half of the cores, at
   * most four, where both are given, else one.
   */
  readonly threads?: number;
  /** Called when the asked provider was refused and wasm runs instead, with the reason. */
  readonly onFallback?: (reason: string) => void;
}

/**
 * Makes a bundle ready to run, and proves it on the bundle's golden inputs. A provider that does not load, or gives
 * other probabilities than the export, is replaced by wasm, and `onFallback` hears why.
 *
 * `onProgress` and `stallTimeout` are the runtime's own files', where `wasmPaths` says from where they are fetched.
 *
 * @throws UserError when the runtime does not come or start, wasm cannot run the graph, or is wrong as well; the
 *   signal's reason when it was aborted
 * @example
 * const bundle = await loadBundle('/bundles/apcd-resnet/');
 * const classifier = await openClassifier(bundle, { wasmPaths: '/ort/' });
 */
export async function openClassifier(bundle: LoadedBundle, options: OpenOptions = {}): Promise<Classifier> {
  const { provider = 'wasm', threads, onFallback, ...runtimeOptions } = options;
  const { signal } = options;
  const runtime = webRuntime(runtimeOptions);
  const openOn = async (candidate: 'wasm' | 'webgpu') => {
    const classifier = await Classifier.open(bundle, runtime, { provider: candidate, threads });
    try {
      await verifyGolden(classifier, bundle.golden);
      signal?.throwIfAborted();
      return classifier;
    } catch (error) {
      // What went wrong is worth more than that cleaning up did as well.
      await classifier.release().catch(() => {});
      throw error;
    }
  };
  if (provider === 'wasm') return openOn('wasm');
  try {
    return await openOn(provider);
  } catch (error) {
    signal?.throwIfAborted();
    onFallback?.(reasonOf(error));
    return openOn('wasm').catch((cause) => {
      throw new UserError(`${bundle.manifest.name} runs on neither ${provider} nor wasm`, {
        received: `${reasonOf(error)}; ${reasonOf(cause)}`,
        cause,
      });
    });
  }
}
