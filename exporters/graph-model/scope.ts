import { quoted, UserError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { reshapeWeights, transposeWeights, type Weights } from '../../src/core/weights.ts';
import type { Value } from '../../src/onnx/converter.ts';
import type { ModelBuilder } from '../onnx/builder.ts';
import type { Constant } from './constants.ts';
import { asSequence, isList, placeholder } from './control-flow/list.ts';
import { foldElements, mostElements } from './elements.ts';
import type { GraphModel } from './graph-model.ts';
import { findGraphConverter, type GraphOp, type KnownElements } from './op.ts';
import type { OpNode } from './op-node.ts';

/** Numbers of element types in ONNX files. */
const typeCodes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** Operators that make, change, read or pass on lists. */
const takesLists = /^(Tensor(List|Array)\w*|Identity|IdentityN)$/;

/** What is known of values while a GraphModel is walked, and the view of the graph that its converters get. */
export class GraphScope {
  readonly #model: GraphModel;
  readonly #builder: ModelBuilder;
  /** By the name of the value. */
  readonly #constants = new Map<string, Constant>();
  readonly #elements = new Map<string, KnownElements>();
  readonly #arrangedWeights = new Map<string, Value>();

  constructor(model: GraphModel, builder: ModelBuilder) {
    this.#model = model;
    this.#builder = builder;
  }

  /** A node's results. @throws UserError when it has too few inputs, or what ONNX has no counterpart for */
  convert(node: OpNode, inputs: readonly Value[]): readonly Value[] {
    if (node.operator === 'Const') return [this.#weight(node)];
    const { arity, convert } = findGraphConverter(node.operator)!;
    const op = this.#op(node, inputs);
    if (inputs.length < arity) throw op.unsupported(`${inputs.length} inputs, where ${arity} are needed`);
    if (inputs.some(isList) && !takesLists.test(node.operator)) throw op.unsupported('a list');
    const results = [convert(inputs, op)].flat() as Value[];
    return results.map((result) => {
      if (isList(result) || this.#constants.has(result.name)) return result;
      const elements = foldElements(result, inputs, op);
      if (elements?.every((element) => element !== null)) {
        const dtype = result.dtype === 'bool' ? 'bool' : 'int32';
        const data = dtype === 'bool' ? Uint8Array.from(elements) : Int32Array.from(elements);
        return op.literal({ dtype, shape: result.shape as number[], data: () => data });
      }
      if (elements) this.#elements.set(result.name, elements);
      return result;
    });
  }

  /** The one element of an integer or a boolean, where it is known. */
  known(value: Value): number | undefined {
    const elements = this.#elementsOf(value);
    return elements?.length === 1 ? (elements[0] ?? undefined) : undefined;
  }

  #weight({ name }: OpNode): Value {
    const constant = this.#model.constants.get(name);
    if (!constant) {
      throw new UserError(`every constant of ${this.#model.source} must have its weights`, {
        received: `none for ${quoted(name)}`,
        remedy: 'convert the model again',
      });
    }
    // TensorFlow's own name for it; the plain one is for the form in which ONNX wants it.
    return this.#initializer(`${name}:0`, constant);
  }

  #initializer(name: string, constant: Constant): Value {
    const learnt = constant.dtype === 'float32' && constant.shape.length > 0;
    const value = this.#builder.initializer(name, { learnt, ...constant });
    this.#constants.set(value.name, constant);
    return value;
  }

  #arrange(value: Value, permutation: readonly number[], shape: readonly number[] | undefined, path: string) {
    const key = JSON.stringify([value.name, value.layout, permutation, shape]);
    const { relayouts } = this.#builder.list;
    const known = this.#arrangedWeights.get(key) ?? relayouts.get(key);
    if (known) return known;
    const result = this.#rearranged(value, permutation, shape, path);
    // A weight is there for all graphs inside nodes, what is computed inside one is not for outside.
    const kept = this.#constants.has(result.name) ? this.#arrangedWeights : relayouts;
    kept.set(key, result);
    return result;
  }

  #rearranged(
    value: Value,
    permutation: readonly number[],
    shape: readonly number[] | undefined,
    path: string,
  ): Value {
    const builder = this.#builder;
    const constant = this.#constants.get(value.name);
    if (constant?.dtype === 'float32' && value.layout === 'tfjs') {
      const moved = transposeWeights(constant as Weights, permutation);
      const weights = shape ? reshapeWeights(moved, shape) : moved;
      return this.#initializer(value.name.replace(/:0$/, ''), { ...weights, dtype: 'float32' });
    }
    const ordered = builder.relayout(value, 'tfjs', path);
    const isMoved = permutation.some((axis, i) => axis !== i);
    const moved = isMoved
      ? builder.node(path, 'Transpose', [ordered], {
          attributes: { perm: permutation },
          shape: permutation.map((axis) => value.shape[axis]),
        })
      : ordered;
    return shape ? builder.node(path, 'Reshape', [moved, builder.constant(shape)], { shape }) : moved;
  }

  #elementsOf(value: Value): KnownElements | undefined {
    const known = this.#elements.get(value.name);
    const constant = this.#constants.get(value.name);
    if (known || !constant) return known;
    const isVector = constant.dtype !== 'float32' && constant.shape.length <= 1;
    if (!isVector || sizeOf(constant.shape) > mostElements) return undefined;
    return [...constant.data()];
  }

  #op({ name, operator, attributes }: OpNode, inputs: readonly Value[]): GraphOp {
    const builder = this.#builder;
    const { source } = this.#model;
    const op: GraphOp = {
      ...{ name, operator, attributes },
      node: (type, taken, options) => builder.node(name, type, taken, options),
      nodes: (type, taken, results, options) => builder.nodes(name, type, taken, results, options),
      constant: (values, shape) => builder.constant(values, shape),
      channelsFirst: (value) => builder.relayout(value, 'channels-first', name),
      tfjsOrder: (value) => builder.relayout(value, 'tfjs', name),
      rowMajor: (value) => builder.rowMajor(value, name),
      // One that is transposed in name only is another tensor.
      constantOf: (value) => (value.layout === 'tfjs' ? this.#constants.get(value.name) : undefined),
      elementsOf: (value) => this.#elementsOf(value),
      integers: (value, what) => {
        const elements = this.#elementsOf(value);
        if (elements?.every((element) => element !== null)) return elements;
        throw op.unsupported(`${what} known only at run time`);
      },
      int64: (value) => {
        const elements = this.#elementsOf(value);
        if (elements?.every((element) => element !== null)) {
          return builder.constant(elements, value.shape as number[]);
        }
        return op.cast(value, 'int64');
      },
      literal: (constant) => this.#initializer(`${name}:0`, constant),
      cast: (value, dtype) =>
        value.dtype === dtype
          ? value
          : builder.node(name, 'Cast', [value], { attributes: { to: typeCodes[dtype] }, dtype }),
      scan: (states, sequences, options, step) => builder.scan(name, states, sequences, options, step),
      arranged: (value, permutation, shape) => this.#arrange(value, permutation, shape, name),
      sequence: (list) => asSequence(list, builder, name),
      placeholder: (dtype) => placeholder(dtype, builder),
      requireRank: (value, ...ranks) => {
        const rank = value.shape.length;
        if (!ranks.includes(rank))
          throw op.unsupported(`a tensor of rank ${rank}, where ${ranks.join(' or ')} is needed`);
      },
      unsupported: (what) =>
        new UserError(
          `the node ${quoted(name)} of operator ${operator}, on ${inputs.map(describe).join(', ') || 'no inputs'}, in ${source} cannot be exported to ONNX`,
          { received: what, remedy: 'change the model, or override the converter with defineGraphConverter' },
        ),
    };
    return op;
  }
}

function describe({ shape, dtype }: Value): string {
  return `${dtype} [${shape.map((extent) => extent ?? '?')}]`;
}
