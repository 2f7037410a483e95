import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { drawModel } from '../../../exporters/inspect/drawing.ts';
import { inferShapes } from '../../../exporters/inspect/shapes.ts';
import { summarizeModel } from '../../../exporters/inspect/summary.ts';
import { parseModel } from '../../../src/onnx/parse.ts';
import { fuzz } from '../../fuzz.ts';

interface Case {
  operator: string;
  file: string;
  shapes: Record<string, number[]>;
}

// ONNX's own tests of operators: test/golden/onnx-node-shapes.py.
const cases: Record<string, Case> = JSON.parse(
  await readFile(new URL('../../golden/onnx-node-shapes.json', import.meta.url), 'utf8'),
);

it("finds the shapes of ONNX's own tests, and is never wrong", () => {
  const [found, unknown] = [new Set<string>(), new Set<string>()];
  for (const [name, { operator, file, shapes }] of Object.entries(cases)) {
    const { values } = inferShapes(parseModel(new Uint8Array(Buffer.from(file, 'base64')), name));
    for (const [output, shape] of Object.entries(shapes)) {
      const inferred = values.get(output)?.shape;
      if (!inferred || inferred.includes(null)) {
        unknown.add(operator);
      } else {
        expect(inferred, `${output} of ${name}`).toEqual(shape);
        found.add(operator);
      }
    }
  }
  expect(found.size).toBeGreaterThan(130);
  const common =
    'Conv ConvTranspose MaxPool AveragePool Gemm MatMul Reshape Slice Pad Resize Split Concat LSTM If';
  for (const operator of common.split(' ')) {
    expect(found, operator).toContain(operator);
    expect(unknown, operator).not.toContain(operator);
  }
});

it('takes extents by name, and counts an open batch as 1', () => {
  const file = cases.test_relu.file;
  const model = parseModel(new Uint8Array(Buffer.from(file, 'base64')), 'relu');
  const [port] = model.graph.inputs;
  const open = { ...model, graph: { ...model.graph, inputs: [{ ...port, shape: ['N', 'T', 5] }] } };
  const shapeOf = (extents?: Map<string, number>) => inferShapes(open, extents).values.get('y')?.shape;
  expect(shapeOf()).toEqual([1, null, 5]);
  expect(shapeOf(new Map(Object.entries({ N: 4, T: 3 })))).toEqual([4, 3, 5]);
  expect(() => shapeOf(new Map([['H', 3]]))).toThrow('no extent called H; its inputs have N, T');
});

it('takes whatever shapes, axes and attributes a file claims', () => {
  const files = Object.values(cases).map(({ file }) => new Uint8Array(Buffer.from(file, 'base64')));
  const counts = fuzz(files, (bytes) => drawModel(summarizeModel(parseModel(bytes, 'fuzz.onnx'))), {
    cases: 4000,
  });
  expect(counts.read).toBeGreaterThan(200);
});
