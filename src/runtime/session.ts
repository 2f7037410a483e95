import type { Tensor } from '../core/tensor.ts';

/** Where a graph runs. */
export const providers = ['cuda', 'webgpu', 'wasm', 'cpu'] as const;
export type Provider = (typeof providers)[number];

/** A loaded graph. One run at a time; `release` frees the native memory. */
export interface InferenceSession {
  /** The provider that really runs the graph, not the one asked for. */
  readonly provider: Provider;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** `auto` takes the fastest provider that loads; a named one that does not load is an error. */
  readonly provider?: Provider | 'auto';
  /** Threads inside one operator. Default: all cores but none spinning. */
  readonly threads?: number;
  /** Run clips in the block layout of this machine's CPU: see `withBlockedClips`. onnxruntime-node only. */
  readonly blockClips?: boolean;
  /** The content of the file that the graph keeps its weights in, and the name that it has for it. */
  readonly externalData?: { readonly path: string; readonly data: Uint8Array };
  /** Told in one line what turned out otherwise than asked for, without being an error. */
  readonly onNotice?: (message: string) => void;
}

/** One way to run ONNX graphs. onnxruntime-node and onnxruntime-web each implement it in one file. */
export interface Runtime {
  readonly name: 'onnxruntime-node' | 'onnxruntime-web';
  readonly version: string;
  /** @throws UserError when the graph is not valid ONNX, or a named provider does not load */
  open(graph: Uint8Array, options?: SessionOptions): Promise<InferenceSession>;
}
