/** GraphModels as TensorFlow.js itself runs them: what exported graphs are compared with. */

import { loadGraphModel } from '@tensorflow/tfjs-converter';
import type { io, Tensor } from '@tensorflow/tfjs-core';
import { reasonOf, UserError } from '../src/core/errors.ts';
import type { ModelJsonFile } from '../src/node/model-json-file.ts';
import { joined } from './layers-model-file.ts';
import { tf } from './tf.ts';

/** A GraphModel that runs on the active backend. */
export interface RunnableGraphModel {
  /** @param inputs one a placeholder, by the placeholder's name @param outputs names of tensors, such as "Identity:0" */
  execute(inputs: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Promise<Tensor[]>;
  dispose(): void;
}

/** What tfjs runs only while it waits for values: loops, branches and lists, and results of as many rows as turn out. */
const waiting =
  /^(Switch|Merge|Enter|Exit|NextIteration|(Stateless)?(If|While)|Tensor(List|Array)\w*|EmptyTensorList|NonMaxSuppressionV[2345]|Where|ListDiff|Unique(V2)?)$/;

/** The GraphModel of a file that has been read. @throws UserError when tfjs cannot load it */
export async function graphModelOf({ path, json, shards }: ModelJsonFile): Promise<RunnableGraphModel> {
  const { modelTopology, weightsManifest = [], ...rest } = json as unknown as io.ModelJSON;
  const { format, generatedBy, convertedBy, signature, userDefinedMetadata } = rest;
  const artifacts: io.ModelArtifacts = {
    ...{ modelTopology, format, generatedBy, convertedBy, signature, userDefinedMetadata },
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: joined(shards),
  };
  try {
    const model = await loadGraphModel(tf.io.fromMemory(artifacts));
    const waits = operatorsOf(modelTopology).some((operator) => waiting.test(operator));
    return {
      async execute(inputs, outputs) {
        const [given, names] = [{ ...inputs }, [...outputs]];
        return [waits ? await model.executeAsync(given, names) : model.execute(given, names)].flat();
      },
      dispose: () => model.dispose(),
    };
  } catch (cause) {
    throw new UserError(`${path} cannot be loaded`, {
      received: reasonOf(cause),
      remedy: 'convert the model again',
      cause,
    });
  }
}

/** Of its nodes and of those of its functions. */
function operatorsOf(topology: unknown): string[] {
  const { node = [], library } = Object(topology) as { node?: { op: string }[]; library?: unknown };
  const { function: functions = [] } = Object(library) as { function?: { nodeDef?: { op: string }[] }[] };
  return [...node, ...functions.flatMap(({ nodeDef = [] }) => nodeDef)].map(({ op }) => op);
}
