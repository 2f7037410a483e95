import type { Bundle } from '../bundle/manifest.ts';
import type { InferenceSession, Runtime, SessionOptions } from './session.ts';

/** A session of a bundle's graph, with its weights from wherever they are. @throws UserError as `Runtime.open` */
export function openBundle(
  { manifest, graph, external }: Bundle,
  runtime: Runtime,
  options?: SessionOptions,
): Promise<InferenceSession> {
  const { external: file } = manifest.graph;
  if (!file || !external) return runtime.open(graph, options);
  return runtime.open(graph, { ...options, externalData: { path: file.file, data: external } });
}
