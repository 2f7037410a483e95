import type { Graph } from './graph.ts';

/** What an ONNX file holds. */
export interface Model {
  readonly graph: Graph;
  /** Of the file format. */
  readonly irVersion: number;
  /** The version of each set of operators, by domain; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** The program that wrote it. */
  readonly producer: { readonly name: string; readonly version: string };
  /** Free strings. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Of a model that was read: fields that are only passed on (domain, version, doc string, functions), as encoded. */
  readonly extra?: Uint8Array;
}

/** What the exporter writes: it loads everywhere, older runtimes and checkers included. */
export const irVersion = 8;
export const opset = 17;

/** A model around a graph of ONNX's own operators. */
export function modelOf(graph: Graph, producer: Model['producer']): Model {
  return { graph, irVersion, opsets: new Map([['', opset]]), producer, metadata: new Map() };
}
