import type { Model } from '../onnx/model.ts';
import { parseModel } from '../onnx/parse.ts';
import type { ReadExternal } from '../onnx/parse-tensor.ts';
import type { Bundle } from './manifest.ts';

/** The model of a bundle in memory, with its weights from wherever they are. @throws UserError as `parseModel` */
export function parseBundle({ manifest, graph, external }: Bundle): Model {
  return parseModel(graph, `the graph of ${manifest.name}`, external && readFrom(external));
}

/** Reads external data from a file that is in memory. */
export function readFrom(file: Uint8Array): ReadExternal {
  return (_, offset, length) => file.subarray(offset, offset + length);
}
