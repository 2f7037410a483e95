import { expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { parseModelJson } from '../../../src/node/model-json-file.ts';
import { answers, fuzz } from '../../fuzz.ts';
import { fc, runs } from '../../properties.ts';
import { caseGraph, opCases } from './op-cases.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What stands in such files. */
const words = [
  ...['null', '[]', '{}', '-1', '0', '1e9', '1e308', '"', '"-1"', '9007199254740993', 'true', '[[[[[[', '}'],
  ...['"Conv2D"', '"Const"', '"Placeholder"', '"Reshape"', '"input0"', '"weights0"', '"weights0:1"', '"^"'],
  ...[
    '"DT_FLOAT"',
    '"DT_STRING"',
    '"__proto__"',
    '"constructor"',
    '{"list":{}}',
    '{"i":"-9"}',
    '{"s":"U0FNRQ=="}',
  ],
].map(bytesOf);

const graphs = opCases.map((opCase) => {
  const { graph, outputs } = caseGraph(opCase);
  return graph.file(outputs);
});
const small = graphs.filter(({ json }) => JSON.stringify(json).length < 10_000);

it('answers damaged text with a graph or one line', () => {
  const [{ shards }] = small;
  const files = small.map(({ json }) => bytesOf(JSON.stringify(json)));
  const read = (bytes: Uint8Array) => {
    const json = parseModelJson(bytes, 'fuzz');
    return exportGraphOnnx(parseGraphModel(json, shards, 'fuzz')).bytes();
  };
  expect(fuzz(files, read, { cases: 1000, words }).refused).toBeGreaterThan(900);
});

it('answers damaged weights with a graph or one line', () => {
  const { json, shards } = small[0];
  const read = (bytes: Uint8Array) =>
    exportGraphOnnx(parseGraphModel(json, [bytes as Uint8Array<ArrayBuffer>], 'fuzz')).bytes();
  const counts = fuzz(shards, read, { cases: 300 });
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(10);
});

/** Text that is damaged is hardly ever JSON; JSON whose values are changed gets further. */
it('answers values that are not what they should be with a graph or one line', () => {
  const counts = { read: 0, refused: 0 };
  fc.assert(
    fc.property(changedJson, ({ json, shards }) => {
      const isRead = answers(() => exportGraphOnnx(parseGraphModel(json, shards, 'fuzz')).bytes());
      counts[isRead ? 'read' : 'refused']++;
    }),
    runs(2500),
  );
  expect(counts.read).toBeGreaterThan(300);
  expect(counts.refused).toBeGreaterThan(1500);
});

type Json = Record<string, unknown>;

const values = [
  ...[null, true, 0, 1, -1, 2, 7, 1.5, 1e9, 2 ** 31, -(2 ** 31), 1e308, '', '-1', '3', '1000000000', 'NaN'],
  ...['Conv2D', 'Const', 'Placeholder', 'Reshape', 'StridedSlice', 'FusedBatchNormV3', 'input0', 'weights0'],
  ...['weights1:3', '^input0', 'DT_INT32', 'DT_BOOL', 'DT_STRING', 'U0FNRQ==', '__proto__', 'constructor'],
  ...[
    [],
    {},
    [[]],
    [1, 1, 1, 1],
    [0, -1],
    { i: '-3' },
    { list: { i: ['0', '0', '0', '0'] } },
    { s: 'VkFMSUQ=' },
  ],
];

/** One of the small graphs with one or two values replaced, removed, repeated or exchanged. */
const changedJson = fc
  .tuple(
    fc.nat(small.length - 1),
    fc.array(
      fc.record({
        how: fc.constantFrom('replace', 'remove', 'repeat', 'exchange'),
        // Of the places in the file, as a share of all: how many there are, depends on the file.
        ...{ at: fc.nat(9999), other: fc.nat(9999), value: fc.constantFrom(...values) },
      }),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([file, changes]) => {
    const json = structuredClone(small[file].json) as Json;
    for (const change of changes) apply(json, change);
    return {
      ...{ json, shards: small[file].shards },
      [fc.toStringMethod]: () => `file ${file} with ${JSON.stringify(changes)}`,
    };
  });

function apply(root: Json, change: { how: string; at: number; other: number; value: unknown }): void {
  const places: [Json, string][] = [];
  const walk = (value: Json) => {
    for (const [key, inner] of Object.entries(value)) {
      places.push([value, key]);
      if (typeof inner === 'object' && inner !== null) walk(inner as Json);
    }
  };
  walk(root);
  const place = (share: number) => places[Math.floor((share * places.length) / 10_000)];
  const [parent, key] = place(change.at);
  if (change.how === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else if (change.how === 'repeat' && Array.isArray(parent)) {
    parent.push(structuredClone(parent[Number(key)]));
  } else if (change.how === 'exchange') {
    const [otherParent, otherKey] = place(change.other);
    parent[key] = structuredClone(otherParent[otherKey]);
  } else parent[key] = structuredClone(change.value);
}
