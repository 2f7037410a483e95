import { reasonOf } from '../core/errors.ts';
import { atLeastOne, largestDifference } from '../core/largest-difference.ts';
import { Rng } from '../core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../core/tensor.ts';
import type { Graph, GraphNode, Initializer } from '../onnx/graph.ts';
import { type Model, modelOf } from '../onnx/model.ts';
import { serializeModel } from '../onnx/serialize.ts';
import { blockClips } from '../rewrites/blocked-clips.ts';
import type { InferenceSession } from './session.ts';

type Open = (graph: Uint8Array) => Promise<InferenceSession>;

/** How far the two forms may be apart, relative to max(1, |value|): both compute in float32, in different orders. */
const tolerance = 1e-4;

/**
 * A session of the same graph with its clips in onnxruntime's block layout for this machine (see `blockClips`), proven
 * to give the same on a random input; or the session given, where the graph has no convolutions of clips, or the
 * blocks do not load or are wrong.
 *
 * @param portable a session of the model on the CPU; released where another takes its place
 * @param open opens a graph in the same way
 * @param onNotice told in one line why the blocks were dropped
 */
export async function withBlockedClips(
  portable: InferenceSession,
  model: Model,
  open: Open,
  onNotice: (message: string) => void = () => {},
): Promise<InferenceSession> {
  // Whether there is anything to be done is seen with any block.
  if (!blockClips(model, 8)) return portable;
  const block = await findBlock(open).catch(reasonOf);
  const drop = (reason: string) => {
    onNotice(`the graph runs in its portable form, which is slower here: ${reason}`);
    return portable;
  };
  if (typeof block === 'string') return drop(`no block layout could be tried (${block})`);
  if (block === null) return drop('onnxruntime has no block layout on this machine');
  const blocked = await openBlocked(model, block, open).catch(reasonOf);
  if (typeof blocked === 'string') return drop(`its block form does not load (${blocked})`);
  const difference = await differenceOf(blocked, portable, model.graph).catch(() => Number.NaN);
  if (difference <= tolerance) {
    await portable.release();
    return blocked;
  }
  await blocked.release();
  return drop(`its block form gives other values (by ${difference.toPrecision(2)})`);
}

async function openBlocked(model: Model, block: number, open: Open): Promise<InferenceSession> {
  return open(serializeModel(blockClips(model, block)!).whole());
}

let found: Promise<number | null> | undefined;

/**
 * The block size of this machine, which onnxruntime does not tell: the one whose results are right. Looked for once;
 * again where the search itself failed.
 */
export function findBlock(open: Open): Promise<number | null> {
  return (found ??= tryBlocks(open).catch((error) => {
    found = undefined;
    throw error;
  }));
}

async function tryBlocks(open: Open): Promise<number | null> {
  const model = modelOf(probe(), { name: 'actionnx', version: 'probe' });
  const plain = await open(serializeModel(model).whole());
  try {
    // Larger blocks first: channels filled up to a multiple of 16 are one of 8 too, so no wrong trial reads beyond them.
    for (const block of [16, 8]) {
      const session = await openBlocked(model, block, open).catch(() => null);
      if (!session) continue;
      try {
        if ((await differenceOf(session, plain, model.graph)) <= tolerance) return block;
      } catch {
        // A block that does not run is not the machine's.
      } finally {
        await session.release();
      }
    }
    return null;
  } finally {
    await plain.release();
  }
}

/** A convolution over space and one over time, of 16 channels. */
function probe(): Graph {
  const kernel = (name: string, shape: readonly number[]): Initializer => {
    const rng = new Rng(name);
    const data = Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-0.2, 0.2));
    return { name, dtype: 'float32', shape, learnt: true, data: () => data };
  };
  const kernels = [kernel('space', [16, 16, 1, 3, 3]), kernel('time', [16, 16, 3, 1, 1])];
  const nodes = kernels.map(
    ({ name }, i): GraphNode => ({
      ...{ name: `${name}/Conv`, operator: 'Conv', inputs: [i === 0 ? 'clip' : 'space/Conv', name] },
      ...{ outputs: [i === 0 ? 'space/Conv' : 'result'], attributes: {} },
    }),
  );
  return {
    ...{ name: 'probe', nodes, initializers: new Map(kernels.map((weights) => [weights.name, weights])) },
    inputs: [{ name: 'clip', dtype: 'float32', shape: [1, 16, 4, 5, 5] }],
    outputs: [{ name: 'result', dtype: 'float32', shape: [1, 16, 2, 3, 3] }],
  };
}

/** The largest over all outputs for one random input; Infinity where a shape differs. */
async function differenceOf(a: InferenceSession, b: InferenceSession, graph: Graph): Promise<number> {
  const feeds = randomInputs(graph);
  const [actual, expected] = [await a.run(feeds), await b.run(feeds)];
  return Math.max(
    ...Object.entries(expected).map(([name, { data, shape }]) => {
      if (String(actual[name]?.shape) !== String(shape)) return Number.POSITIVE_INFINITY;
      return largestDifference(actual[name].data, data, atLeastOne);
    }),
  );
}

function randomInputs({ inputs }: Graph): Record<string, Tensor> {
  const rng = new Rng('blocked clips');
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 1));
      const length = sizeOf(extents);
      const data =
        dtype === 'uint8'
          ? Uint8Array.from({ length }, () => rng.integer(256))
          : Float32Array.from({ length }, () => rng.uniform(-2, 2));
      return [name, tensor(data, extents)];
    }),
  );
}
