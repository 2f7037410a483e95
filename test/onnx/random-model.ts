import { sizeOf } from '../../src/core/tensor.ts';
import {
  bytesOf,
  type ElementType,
  elementsOf,
  elementTypeOf,
  storedBytes,
} from '../../src/onnx/element-type.ts';
import type { Attribute, Graph, GraphNode, GraphPort, Initializer } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { fc } from '../properties.ts';

/** Every type of elements but text, whose values are only passed on. */
export const elementTypes = Array.from({ length: 26 }, (_, i) => elementTypeOf(i + 1)!).filter(
  (dtype) => dtype !== 'string',
);

const text = fc.oneof(
  fc.constantFrom('x', 'y', 'weights/0', 'é', '走', '', '__proto__', '\ufeffx'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const name = text.filter((text) => text !== '');
const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .filter((value) => !Number.isSafeInteger(Number(value))),
);
const float = fc.float();

/** Numbers of any bits, as their bytes. */
export function tensorOf(dtype: ElementType): fc.Arbitrary<Initializer> {
  return fc.tuple(name, fc.array(fc.nat(4), { maxLength: 3 })).chain(([name, shape]) => {
    const length = storedBytes(dtype, sizeOf(shape));
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      const data = elementsOf(dtype, bytes);
      return { name, dtype, shape, learnt: dtype.includes('float'), data: () => data };
    });
  });
}
const tensor = fc.constantFrom(...elementTypes).chain(tensorOf);
const unique = <T>(items: fc.Arbitrary<T>, selector: (item: T) => unknown, maxLength = 3) =>
  fc.uniqueArray(items, { selector, maxLength });

const port: fc.Arbitrary<GraphPort> = fc.oneof(
  fc.record({
    name: text,
    dtype: fc.constantFrom(...elementTypes),
    shape: fc.option(fc.array(fc.oneof(fc.nat(), text), { maxLength: 4 })),
  }),
  text.map((name) => ({ name, dtype: null, shape: null })),
);

/** Graphs as the exporter and others write them, small ones inside nodes of larger ones. */
const { graph } = fc.letrec<{ graph: Graph; attribute: Attribute; node: GraphNode }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 2 },
    fc.oneof(
      integer,
      text,
      fc.array(integer, { maxLength: 4 }),
      float.map((float) => ({ float })),
      fc.array(float, { maxLength: 4 }).map((floats) => ({ floats })),
      fc.array(text, { maxLength: 3 }).map((strings) => ({ strings })),
      tensor.map((tensor) => ({ tensor })),
    ),
    tie('graph').map((graph) => ({ graph })),
    fc.array(tie('graph'), { maxLength: 2 }).map((graphs) => ({ graphs })),
  ),
  node: fc
    .record({
      ...{
        name: text,
        operator: name,
        inputs: fc.array(text, { maxLength: 3 }),
        outputs: fc.array(text, { maxLength: 2 }),
      },
      attributes: unique(fc.tuple(name, tie('attribute')), ([key]) => key).map((entries) =>
        Object.fromEntries(entries),
      ),
      domain: fc.option(name, { nil: undefined }),
    })
    .map(({ domain, ...node }) => ({ ...node, ...(domain !== undefined && { domain }) })),
  graph: fc
    .record({
      ...{ name: text, nodes: fc.array(tie('node'), { maxLength: 2 }) },
      initializers: unique(tensor, ({ name }) => name).map(
        (all) => new Map(all.map((one) => [one.name, one])),
      ),
      ...{ inputs: fc.array(port, { maxLength: 2 }), outputs: fc.array(port, { maxLength: 2 }) },
      values: fc.array(port, { maxLength: 2 }),
    })
    .map(({ values, ...graph }) => ({ ...graph, ...(values.length > 0 && { values }) })),
}));

export { graph };

export const model: fc.Arbitrary<Model> = fc.record({
  graph,
  irVersion: fc.integer({ min: 1, max: 20 }),
  opsets: unique(fc.tuple(text, fc.nat(99)), ([domain]) => domain).map((entries) => new Map(entries)),
  producer: fc.record({ name: text, version: text }),
  metadata: unique(fc.tuple(text, text), ([key]) => key).map((entries) => new Map(entries)),
});

/** A model or part of one with elements as hex in place of functions that make them. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'data' ? plain(bytesOf((value as Initializer).data())) : plain(item),
    ]),
  );
}
