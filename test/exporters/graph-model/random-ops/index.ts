/** Every operator that has a converter, alone in graphs drawn by lot: how each is drawn, one file a family. */
import type { ModelJsonFile } from '../../../../src/node/model-json-file.ts';
import type { GraphDef } from '../graph-def.ts';
import { binary } from './binary.ts';
import { detection } from './detection.ts';
import { Draw, type Generate } from './draw.ts';
import { images } from './images.ts';
import { movement } from './movement.ts';
import { parts } from './parts.ts';
import { pointwise } from './pointwise.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';
import { sundries } from './sundries.ts';
import { values } from './values.ts';
import { windows } from './windows.ts';

const generators: Readonly<Record<string, Generate>> = {
  ...{ ...pointwise, ...binary, ...reductions, ...windows, ...movement },
  ...{ ...parts, ...products, ...images, ...shapes, ...values, ...detection, ...sundries },
};

export const randomOperators = Object.keys(generators).sort();

/** In the tests that always run. */
export const defaultRounds = 5;

/** An operator on random values with random options: what it gives, and of what shape tfjs finds that to be. */
export function randomOp(operator: string, round: number): { graph: GraphDef; outputs: string[] } {
  const draw = new Draw(`${operator}/${round}`);
  const results = [generators[operator](draw, operator)].flat();
  const shapes = results.map((result) => draw.graph.op('Shape', [result]));
  return { graph: draw.graph, outputs: [...results, ...shapes] };
}

/** Operators that tfjs does not know, or not in TensorFlow's form, and those that it runs for the same. */
const twins: Readonly<Record<string, string>> = {
  EnsureShape: 'Identity',
  _FusedDepthwiseConv2dNative: 'FusedDepthwiseConv2dNative',
  PreventGradient: 'StopGradient',
  // It prints.
  Print: 'StopGradient',
};

/** A graph as tfjs can run it. */
export function runnable(file: ModelJsonFile): ModelJsonFile {
  const { modelTopology, ...rest } = file.json as { modelTopology: { node: { op: string }[] } };
  const node = modelTopology.node.map((one) => ({ ...one, op: twins[one.op] ?? one.op }));
  return { ...file, json: { ...rest, modelTopology: { ...modelTopology, node } } };
}
