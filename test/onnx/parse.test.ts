import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { bytesOf } from '../../src/onnx/element-type.ts';
import { type Graph, type Initializer, subgraphs } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { Message } from '../../src/onnx/proto.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { fuzz } from '../fuzz.ts';

interface Golden {
  file: string;
  tensors?: Record<string, { shape: number[]; bytes: string }>;
}

// Written by the onnx package: test/golden/onnx-files.py.
const golden: Record<string, Golden> = JSON.parse(
  await readFile(new URL('../golden/onnx-files.json', import.meta.url), 'utf8'),
);
const bytesOfFile = (name: string) => new Uint8Array(Buffer.from(golden[name].file, 'base64'));
const parseFile = (name: string) => parseModel(bytesOfFile(name), `${name}.onnx`);

function serialize(model: Model): Uint8Array {
  return new Uint8Array(
    Buffer.concat([...serializeModel(model).chunks()].map((chunk) => Uint8Array.from(chunk))),
  );
}

const hex = (tensor: Initializer) => Buffer.from(bytesOf(tensor.data())).toString('hex');

/** All tensors of a graph, those of graphs inside it too. */
function tensorsOf(graph: Graph): Initializer[] {
  const inAttributes = graph.nodes.flatMap(({ attributes }) =>
    Object.values(attributes).flatMap((value) =>
      typeof value === 'object' && 'tensor' in value ? [value.tensor] : [],
    ),
  );
  const inside = graph.nodes.flatMap(subgraphs).flatMap(tensorsOf);
  return [...graph.initializers.values(), ...inAttributes, ...inside];
}

/** The model with elements in place of functions that make them. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    if (key !== 'data') return [key, plain(item)];
    return [key, (value as Initializer).dtype === 'string' ? null : hex(value as Initializer)];
  });
  return Object.fromEntries(entries);
}

describe('parseModel', () => {
  it.each(['raw tensors', 'typed tensors'])("reads onnx's elements from %s", (name) => {
    const { initializers } = parseFile(name).graph;
    const read = [...initializers.values()]
      .filter(({ dtype }) => dtype !== 'string')
      .map((tensor) => [tensor.name, { shape: tensor.shape, bytes: hex(tensor) }]);
    expect(Object.fromEntries(read)).toEqual(golden[name].tensors);
  });

  it('gives 64-bit integers whole, and raw elements as views', () => {
    const bytes = bytesOfFile('raw tensors');
    const { initializers } = parseModel(bytes, 'raw.onnx').graph;
    expect([...initializers.get('int64')!.data()]).toEqual([-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n]);
    expect(initializers.get('int8')!.data().buffer).toBe(bytes.buffer);
    expect(() => parseFile('typed tensors').graph.initializers.get('string')!.data()).toThrow(UserError);
  });

  it('reads attributes of every kind, domains, metadata and ports', () => {
    const { graph, opsets, metadata, producer, irVersion } = parseFile('attributes');
    const [{ attributes, ...node }] = graph.nodes;
    expect(node).toMatchObject({ name: 'all', operator: 'Everything', domain: 'golden.ops' });
    expect([node.inputs, node.outputs]).toEqual([
      ['x', '', 'x'],
      ['y', ''],
    ]);
    const { tensor, type, bytes, ...others } = attributes;
    expect(others).toEqual({
      integer: -3,
      large: 2n ** 63n - 1n,
      real: { float: Math.fround(0.1) },
      text: 'é',
      integers: [1, -1, 2n ** 62n],
      reals: { floats: [0.5, -1.5] },
      texts: { strings: ['a', ''] },
      none: [],
    });
    const { tensor: constant } = tensor as { tensor: Initializer };
    expect([constant.name, ...constant.data()]).toEqual(['t', 4n, 5n]);
    expect([type, bytes]).toEqual([{ encoded: expect.any(Uint8Array) }, { encoded: expect.any(Uint8Array) }]);
    expect([...opsets]).toEqual([
      ['', 17],
      ['golden.ops', 2],
    ]);
    expect([...metadata]).toEqual([
      ['licence', 'none'],
      ['é', 'ü'],
    ]);
    expect({ producer, irVersion }).toEqual({ producer: { name: 'golden', version: '1' }, irVersion: 10 });
    expect(graph.inputs.map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ['float32', ['N', 3]],
      [null, null],
    ]);
    expect(graph.outputs[0].shape).toEqual(['', 'M']);
    expect(graph.values).toEqual([{ name: 'z', dtype: 'float32', shape: null }]);
  });

  it('reads the graphs inside nodes', () => {
    const { graph } = parseFile('branches');
    const [, then] = subgraphs(graph.nodes[0]);
    expect(then.nodes[0]).toMatchObject({ operator: 'Mul', inputs: ['x', 'two'] });
  });

  it('reads external data only when asked for it, and only what belongs to the tensor', () => {
    const asked: unknown[] = [];
    const model = parseModel(bytesOfFile('external data'), 'model.onnx', (...place) => {
      asked.push(place);
      return bytesOf(Float32Array.of(1, 2, 3));
    });
    expect(asked).toEqual([]);
    expect([...model.graph.initializers.get('w')!.data()]).toEqual([1, 2, 3]);
    expect(asked).toEqual([['weights/w.bin', 4096, 12]]);
    const short = parseModel(bytesOfFile('external data'), 'model.onnx', () => new Uint8Array(8));
    expect(() => short.graph.initializers.get('w')!.data()).toThrow('8 bytes where tensor "w" has 12');
    const alone = parseFile('external data').graph.initializers.get('w')!;
    expect(() => alone.data()).toThrow('give the folder that also holds weights/w.bin');
  });
});

describe('parseModel and serializeModel', () => {
  it.each(Object.keys(golden).filter((name) => name !== 'external data'))('keep all of %s', (name) => {
    const model = parseFile(name);
    const written = serialize(model);
    expect(plain(parseModel(written, name))).toEqual(plain(model));
    expect(serialize(parseModel(written, name))).toEqual(written);
  });
});

function thrownBy(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('hostile files', () => {
  const file = (message: Message) => new Uint8Array(Buffer.concat([...message.chunks()]));
  const modelWith = (graph: Message) => file(new Message().integer(1, 8).message(7, graph));
  const tensorWith = (fill: (tensor: Message) => Message) =>
    modelWith(new Message().message(5, fill(new Message().string(8, 't'))));
  const outside = (location: string) =>
    new Message()
      .integer(2, 1)
      .message(13, new Message().string(1, 'location').string(2, location))
      .integer(14, 1);
  const external = (location: string) =>
    modelWith(new Message().message(5, outside(location).string(8, 't')));
  const nested = (depth: number): Message =>
    depth === 0
      ? new Message()
      : new Message().message(
          1,
          new Message().string(4, 'If').message(
            5,
            new Message()
              .string(1, 'g')
              .message(6, nested(depth - 1))
              .integer(20, 5),
          ),
        );

  /** A graph of nodes that are five bytes each, and objects of two hundred. */
  const manyNodes = (count: number) => {
    const node = [0x0a, 0x03, 0x22, 0x01, 0x41];
    const nodes = Uint8Array.from({ length: count * node.length }, (_, i) => node[i % node.length]);
    return file(new Message().integer(1, 8).bytes(7, { byteLength: nodes.length, bytes: () => nodes }));
  };

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'no graph'],
    ['text', new TextEncoder().encode('<!DOCTYPE html>'), 'wire type'],
    ['a length beyond the end', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0), 'a field of'],
    ['a number without an end', new Uint8Array(20).fill(0xff), 'more than 64 bits'],
    ['a number cut off', Uint8Array.of(0x08, 0xff), 'cuts off'],
    ['the field number 0', Uint8Array.of(0x00, 0x01), 'field number 0'],
    ['a group', Uint8Array.of(0x0b), 'wire type 3'],
    ['text that is not UTF-8', file(new Message().bytes(2, Uint8Array.of(0xff))), 'not UTF-8'],
    ['graphs inside graphs', modelWith(nested(40)), 'more than 32 deep'],
    ['a node without an operator', modelWith(new Message().message(1, new Message())), 'without an operator'],
    [
      'a huge shape without data',
      tensorWith((tensor) => tensor.integer(1, 2 ** 40).integer(2, 1)),
      '[1099511627776]',
    ],
    [
      'a shape beyond numbers',
      tensorWith((tensor) =>
        tensor
          .integer(1, 2 ** 40)
          .integer(1, 2 ** 40)
          .integer(2, 1),
      ),
      'shape [1099511627776,1099511627776]',
    ],
    ['a negative extent', tensorWith((tensor) => tensor.integer(1, -1).integer(2, 1)), '-1 elements'],
    [
      'too few elements',
      tensorWith((tensor) => tensor.integer(1, 3).integer(2, 1).bytes(9, new Uint8Array(8))),
      '8 bytes of data',
    ],
    [
      'too many numbers',
      tensorWith((tensor) => tensor.integer(2, 7).integer(7, 1).integer(7, 2)),
      '2 values',
    ],
    [
      'numbers of another type',
      tensorWith((tensor) => tensor.integer(2, 1).integer(7, 1)),
      'data in field 7',
    ],
    [
      'more axes than anything has',
      tensorWith((tensor) => Array.from({ length: 65 }).reduce<Message>((all) => all.integer(1, 1), tensor)),
      'more than 64 axes',
    ],
    [
      'nodes of a few bytes by the million',
      manyNodes(1_200_000),
      'more messages than a file of its size has',
    ],
    ['an unknown type', tensorWith((tensor) => tensor.integer(2, 99)), 'element type 99'],
    ['external data above', external('../secret'), "outside the model's folder"],
    ['external data in the root', external('/etc/passwd'), "outside the model's folder"],
    ['external data above, as Windows writes it', external('a\\..\\..\\b'), "outside the model's folder"],
    ['external data on a drive', external('C:\\b'), "outside the model's folder"],
    [
      'external data that is claimed over and over',
      modelWith(
        Array.from({ length: 65 }, (_, i) => outside('w.bin').string(8, `t${i}`).integer(1, 1000)).reduce(
          (graph, tensor) => graph.message(5, tensor),
          new Message(),
        ),
      ),
      'tensors of 260000 bytes in the first 4000 bytes of "w.bin"',
    ],
    ['external data nowhere', external(''), "outside the model's folder"],
  ])('refuses %s', (_, bytes, reason) => {
    // Once: some of them take their time.
    const error = thrownBy(() => parseModel(bytes, 'hostile.onnx'));
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain('hostile.onnx');
  });

  it('gives an error or a model for thousands of damaged files, and nothing out of proportion', () => {
    const files = Object.keys(golden).map(bytesOfFile);
    const readExternal = (_location: string, _offset: number, length: number) =>
      new Uint8Array(Math.min(length, 64));
    const counts = fuzz(
      files,
      (bytes) => {
        const model = parseModel(bytes, 'fuzz.onnx', readExternal);
        for (const tensor of tensorsOf(model.graph)) if (tensor.dtype !== 'string') tensor.data();
        serialize(model);
      },
      { cases: 4000 },
    );
    expect(counts.read).toBeGreaterThan(200);
    expect(counts.refused).toBeGreaterThan(1000);
  });
});
