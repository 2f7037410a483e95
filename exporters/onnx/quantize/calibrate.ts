import { knownExtents } from '../../../src/onnx/extents.ts';
import type { Graph, GraphNode } from '../../../src/onnx/graph.ts';
import { type Feeds, type OpenSession, observe } from './observe.ts';
import {
  countValues,
  emptyHistogram,
  entropyRange,
  type Histogram,
  percentileRange,
  type Range,
} from './range.ts';

/** How the range of a tensor is found from what was seen of it. */
export const calibrations = ['min-max', 'percentile', 'entropy'] as const;
export type Calibration = (typeof calibrations)[number];

/** Of the values, what a range of percentiles holds. */
const percentileShare = 0.9999;

/** Float32 elements that may be held at once to be counted. */
const heldElements = 2 ** 26;

/** The ranges of a graph's values over some inputs. */
export async function calibrate(
  graph: Graph,
  values: readonly string[],
  inputs: readonly Feeds[],
  { open, method }: { open: OpenSession; method: Calibration },
): Promise<Map<string, Range>> {
  const extremes = await findExtremes(graph, values, inputs, open);
  if (method === 'min-max') return extremes;
  const ranges = new Map<string, Range>();
  for (const group of groups(graph, values)) {
    const histograms = new Map(group.map((name) => [name, emptyHistogram(extremes.get(name)!)]));
    await observe(graph, { nodes: [], outputs: group }, inputs, open, (outputs) => {
      for (const name of group) countValues(histograms.get(name)!, outputs[name]);
    });
    for (const [name, histogram] of histograms) ranges.set(name, rangeOf(histogram, method));
  }
  return ranges;
}

function rangeOf(histogram: Histogram, method: 'percentile' | 'entropy'): Range {
  return method === 'entropy' ? entropyRange(histogram) : percentileRange(histogram, percentileShare);
}

/** Least and largest values, found inside the graph: only they leave it. */
async function findExtremes(
  graph: Graph,
  values: readonly string[],
  inputs: readonly Feeds[],
  open: OpenSession,
): Promise<Map<string, Range>> {
  const reduce = (operator: string, name: string): GraphNode => ({
    ...{ name: `${name}/${operator}`, operator, inputs: [name], outputs: [`${name}/${operator}`] },
    attributes: { keepdims: 0 },
  });
  const nodes = values.flatMap((name) => [reduce('ReduceMin', name), reduce('ReduceMax', name)]);
  const found = new Map<string, Range>();
  await observe(graph, { nodes, outputs: nodes.map(({ name }) => name) }, inputs, open, (outputs) => {
    for (const name of values) {
      const [[min], [max]] = [outputs[`${name}/ReduceMin`], outputs[`${name}/ReduceMax`]];
      const { min: least = min, max: largest = max } = found.get(name) ?? {};
      found.set(name, { min: Math.min(least, min), max: Math.max(largest, max) });
    }
  });
  return found;
}

/** Values in groups that fit into memory together. */
function groups(graph: Graph, values: readonly string[]): string[][] {
  const extents = knownExtents(graph);
  const made: string[][] = [];
  let room = 0;
  for (const name of values) {
    const size = (extents.get(name) ?? [null]).reduce<number>((sum, extent) => sum * (extent ?? 1), 1);
    if (made.length === 0 || size > room) {
      made.push([]);
      room = heldElements;
    }
    made.at(-1)!.push(name);
    room -= size;
  }
  return made;
}
