import { quoted, UserError, usageError } from '../../src/core/errors.ts';
import type { GraphPort, TensorPort } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { inferShapes } from '../inspect/shapes.ts';

/** What is said of a classifier's ports, where its graph leaves it open. */
export interface PortOptions {
  readonly input?: string;
  readonly output?: string;
  /** Where the channels are: behind the batch, or last. Default: the axis that is 3 long. */
  readonly layout?: 'nchw' | 'nhwc';
  /** Height and width, where the graph takes any. */
  readonly size?: number;
  /** Frames of a clip, where the graph takes any number. */
  readonly frames?: number;
}

/** Where frames go into a classifier, and its scores come out. */
export interface ClassifierPorts {
  readonly input: TensorPort;
  readonly output: GraphPort;
  readonly layout: 'nchw' | 'nhwc';
  /** Of one sample, channels last: [H, W, 3] or [T, H, W, 3]. */
  readonly sample: readonly number[];
  /** Samples a run, where the graph says a number. */
  readonly batch: number | null;
}

/** What onnxruntime 1.30 loads, and the oldest operators that this exporter's nodes can stand beside. */
const loadable = { irVersion: 13, opsets: { from: 7, to: 26 } };

/**
 * Reads off a graph what is safe to guess, and takes the rest from what is said.
 *
 * @param labels how many scores there have to be
 * @param source what to call the model in error messages
 * @throws UserError for a graph that is no classifier of images or clips; exit 2 where something has to be said, or
 *   contradicts the graph
 */
export function classifierPorts(
  model: Model,
  labels: number,
  options: PortOptions,
  source: string,
): ClassifierPorts {
  requireLoadable(model, source);
  const input = onlyInput(model, options, source);
  const layout = layoutOf(input, options, source);
  const [batch, ...rest] = input.shape;
  const extents = layout === 'nchw' ? [...rest.slice(1), rest[0]] : rest;
  return {
    ...{ input, layout, sample: sampleOf(extents, options, source) },
    output: scoresOf(model, labels, options, source),
    batch: typeof batch === 'number' ? batch : null,
  };
}

function requireLoadable({ irVersion, opsets }: Model, source: string): void {
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
  const { from, to } = loadable.opsets;
  if (irVersion <= loadable.irVersion && opset >= from && opset <= to) return;
  throw new UserError(
    `${source} must be of operator set ${from} to ${to} and of format version ${loadable.irVersion} at most`,
    {
      received: `operator set ${opset}, format version ${irVersion}`,
      remedy: 'export it again, for example with operator set 17',
    },
  );
}

const extentsText = ({ shape }: Pick<GraphPort, 'shape'>) =>
  shape === null ? 'of any rank' : `[${shape.map((extent) => (extent === '' ? '?' : extent)).join(', ')}]`;

const portText = (port: GraphPort) =>
  `${quoted(port.name)} ${port.dtype ?? 'no tensor'} ${extentsText(port)}`;

function onlyInput({ graph }: Model, { input: wanted }: PortOptions, source: string): TensorPort {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const received = inputs.map(portText).join(', ') || 'none';
  if (wanted !== undefined && !inputs.some(({ name }) => name === wanted)) {
    throw usageError(`--input must name an input of ${source}`, {
      received: `${wanted}; it has ${received}`,
    });
  }
  const [{ name, dtype, shape } = { name: '', dtype: null, shape: null }] = inputs;
  if (inputs.length !== 1) {
    throw new UserError(`${source} must take one input: an image or a clip`, {
      received,
      remedy: 'make the others constants, or export it without them',
    });
  }
  if ((dtype === 'float32' || dtype === 'uint8') && (shape?.length === 4 || shape?.length === 5)) {
    return { name, dtype, shape };
  }
  throw new UserError(`${source} must take images or clips, of 4 or 5 axes, as float32 or uint8`, {
    received,
  });
}

/** @throws UserError (exit 2) where both axes could be the channels or neither, and nothing is said */
function layoutOf(input: TensorPort, { layout }: PortOptions, source: string): 'nchw' | 'nhwc' {
  const ends = { nchw: input.shape[1], nhwc: input.shape.at(-1) };
  const isPossible = (which: 'nchw' | 'nhwc') => ends[which] === 3 || typeof ends[which] === 'string';
  if (layout !== undefined) {
    if (isPossible(layout)) return layout;
    throw usageError(`--layout ${layout} must have 3 channels where ${source} has them`, {
      received: portText(input),
    });
  }
  const found = (['nchw', 'nhwc'] as const).filter((which) => ends[which] === 3);
  if (found.length === 1) return found[0];
  if (found.length === 0 && !isPossible('nchw') && !isPossible('nhwc')) {
    throw new UserError(`${source} must take RGB: 3 channels, behind the batch or last`, {
      received: portText(input),
    });
  }
  throw usageError(`--layout must say where ${source} has its channels: nchw or nhwc`, {
    received: portText(input),
  });
}

function sampleOf(
  extents: TensorPort['shape'],
  { size, frames }: PortOptions,
  source: string,
): ClassifierPorts['sample'] {
  const isClip = extents.length === 4;
  if (!isClip && frames !== undefined) {
    throw usageError('--frames is for models of clips', { received: `${source}, which takes images` });
  }
  const [height, width] = extents.slice(isClip ? 1 : 0);
  const spatial = [
    extentOf(height, 'size', size, 'height', source),
    extentOf(width, 'size', size, 'width', source),
  ];
  return isClip
    ? [extentOf(extents[0], 'frames', frames, 'number of frames', source), ...spatial, 3]
    : [...spatial, 3];
}

function extentOf(
  stated: number | string,
  flag: string,
  given: number | undefined,
  what: string,
  source: string,
): number {
  if (given !== undefined && !(Number.isInteger(given) && given > 0)) {
    throw usageError(`--${flag} must be a positive whole number`, { received: String(given) });
  }
  if (typeof stated === 'number') {
    if (given === undefined || given === stated) return stated;
    throw usageError(`--${flag} must be what ${source} takes`, {
      received: `${given}, where its ${what} is ${stated}`,
      remedy: 'leave it out',
    });
  }
  if (given !== undefined) return given;
  throw usageError(`--${flag} must be given: ${source} takes any ${what}`, {
    remedy: 'give the one that it was trained with',
  });
}

/** The output that is named, or the only one that can be the scores. */
function scoresOf(model: Model, labels: number, { output }: PortOptions, source: string): GraphPort {
  const { values } = inferShapes(model);
  const outputs = model.graph.outputs.map((port) => {
    const inferred = values.get(port.name)?.shape?.map((extent, axis) => extent ?? (axis === 0 ? 'N' : '?'));
    // A file's own numbers count; where it has none, those that follow from its nodes.
    const isKnown = port.shape?.slice(1).every((extent) => typeof extent === 'number');
    return { ...port, shape: isKnown ? port.shape : (inferred ?? port.shape) };
  });
  const all = outputs.map(portText).join(', ');
  const named = output === undefined ? outputs : outputs.filter(({ name }) => name === output);
  if (named.length === 0) {
    throw usageError(`--output must name an output of ${source}`, { received: `${output}; it has ${all}` });
  }
  const fitting = named.filter((port) => isScores(port, labels));
  if (fitting.length === 1) return fitting[0];
  if (fitting.length > 1) {
    throw usageError(`--output must say which output of ${source} holds the scores`, { received: all });
  }
  throw new UserError(`${source} must give a score for each of the ${labels} labels, as float32`, {
    received: named.map(portText).join(', '),
    remedy: 'give --labels the names that it was trained with, one a line',
  });
}

/** Whether an output may be [N, labels], with axes of 1 behind, as far as its shape is known. */
function isScores({ dtype, shape }: GraphPort, labels: number): boolean {
  if (dtype !== 'float32') return false;
  if (shape === null) return true;
  const [, width, ...rest] = shape;
  const mayBe = (extent: number | string, value: number) => typeof extent === 'string' || extent === value;
  return width !== undefined && mayBe(width, labels) && rest.every((extent) => mayBe(extent, 1));
}
