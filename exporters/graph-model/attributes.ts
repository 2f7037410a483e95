import { quoted, UserError } from '../../src/core/errors.ts';
import type { ValueType } from '../../src/onnx/converter.ts';

/** TensorFlow's element types as tfjs computes with them: https://github.com/tensorflow/tensorflow, types.proto. */
const types: Readonly<Record<string, ValueType>> = {
  ...{ DT_FLOAT: 'float32', DT_HALF: 'float32', DT_DOUBLE: 'float32', DT_BFLOAT16: 'float32' },
  ...{ DT_INT32: 'int32', DT_INT64: 'int32', DT_INT16: 'int32', DT_INT8: 'int32', DT_UINT8: 'int32' },
  DT_BOOL: 'bool',
};

/** Files may give a type by its number. */
const numbered: Readonly<Record<number, string>> = {
  ...{ 1: 'DT_FLOAT', 2: 'DT_DOUBLE', 3: 'DT_INT32', 4: 'DT_UINT8', 5: 'DT_INT16', 6: 'DT_INT8' },
  ...{ 9: 'DT_INT64', 10: 'DT_BOOL', 14: 'DT_BFLOAT16', 19: 'DT_HALF' },
};

/** A type of TensorFlow's as tfjs computes with it; undefined for strings, resources and the like. */
export function elementType(type: unknown): ValueType | undefined {
  const name = typeof type === 'number' ? numbered[type] : type;
  return typeof name === 'string' && Object.hasOwn(types, name) ? types[name] : undefined;
}

/** A TensorShapeProto as JSON; null for an extent known only at run time. undefined: of any rank, or no shape. */
export function shapeOf(shape: unknown): (number | null)[] | undefined {
  const { dim = [], unknownRank } = Object(shape) as { dim?: unknown; unknownRank?: boolean };
  if (typeof shape !== 'object' || shape === null || unknownRank || !Array.isArray(dim)) return undefined;
  const extents = dim.map((entry) => Number(Object(entry).size ?? 0));
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent < 2 ** 31)) return undefined;
  return extents.map((extent) => (extent < 0 ? null : extent));
}

/** A byte string: base64, or a list of bytes. */
function textOf(bytes: unknown): string | undefined {
  if (Array.isArray(bytes)) return String.fromCharCode(...bytes.slice(0, 1000).map(Number));
  if (typeof bytes !== 'string') return undefined;
  try {
    return atob(bytes);
  } catch {
    return undefined;
  }
}

function integerOf(value: unknown): number | undefined {
  const integer = typeof value === 'string' && value !== '' ? Number(value) : value;
  return Number.isSafeInteger(integer) ? (integer as number) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
}

/** The attributes of a node, as JSON has them: `{ strides: { list: { i: ["1", "2", "2", "1"] } } }`. */
export class Attributes {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #node: string;

  /** @param node for messages: the node's name and operator */
  constructor(raw: unknown, node: string) {
    this.#raw = Object(raw);
    this.#node = node;
  }

  /** @throws UserError when there is none and no default, or it is of another kind; as all of these do */
  integer(name: string, otherwise?: number): number {
    return this.#read(name, 'an integer', otherwise, ({ i }) => integerOf(i));
  }

  number(name: string, otherwise?: number): number {
    return this.#read(name, 'a number', otherwise, ({ f, i }) => numberOf(f ?? i));
  }

  flag(name: string, otherwise = false): boolean {
    return this.#read(name, 'true or false', otherwise, ({ b }) => (typeof b === 'boolean' ? b : undefined));
  }

  text(name: string, otherwise?: string): string {
    return this.#read(name, 'a string', otherwise, ({ s }) => textOf(s));
  }

  integers(name: string, otherwise?: readonly number[]): readonly number[] {
    return this.#list(name, 'integers', otherwise, ({ i = [] }) => i, integerOf);
  }

  texts(name: string, otherwise?: readonly string[]): readonly string[] {
    return this.#list(name, 'strings', otherwise, ({ s = [] }) => s, textOf);
  }

  /** The name of a function of the model. */
  function(name: string): string {
    return this.#read(name, 'a function', undefined, ({ func }) => {
      const { name: called } = Object(func);
      return typeof called === 'string' ? called : undefined;
    });
  }

  /** An element type as tfjs computes with it. */
  type(name: string): ValueType {
    return this.#read(name, 'a type of numbers or booleans', undefined, ({ type }) => elementType(type));
  }

  /** A shape; undefined where there is none, or one of any rank. */
  shape(name: string): (number | null)[] | undefined {
    return shapeOf(Object(this.#field(name)).shape);
  }

  #field(name: string): unknown {
    return Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined;
  }

  #read<T>(
    name: string,
    kind: string,
    otherwise: T | undefined,
    parse: (field: Record<string, unknown>) => T | undefined,
  ): T {
    const field = this.#field(name);
    if (field === undefined && otherwise !== undefined) return otherwise;
    const value = parse(Object(field));
    if (value !== undefined) return value;
    throw new UserError(`the attribute ${name} of ${this.#node} must be ${kind}`, {
      received: field === undefined ? 'no such attribute' : quoted(JSON.stringify(field)),
      remedy: 'convert the model again',
    });
  }

  #list<T>(
    name: string,
    kind: string,
    otherwise: readonly T[] | undefined,
    entries: (list: Record<string, unknown>) => unknown,
    parse: (entry: unknown) => T | undefined,
  ): readonly T[] {
    return this.#read<readonly T[]>(name, `a list of ${kind}`, otherwise, ({ list }) => {
      const found = entries(Object(list));
      const values = Array.isArray(found) && found.length <= 1000 ? found.map(parse) : [undefined];
      return values.includes(undefined) ? undefined : (values as T[]);
    });
  }
}
