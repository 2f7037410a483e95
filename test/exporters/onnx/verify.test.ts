import { describe, expect, it } from 'vitest';
import {
  judgedBySpread,
  type OpenGraph,
  requirePassed,
  VerificationError,
  type VerificationRow,
  verifyBundle,
  verifyGraph,
} from '../../../exporters/onnx/verify.ts';
import { UserError } from '../../../src/core/errors.ts';
import { type Tensor, tensor } from '../../../src/core/tensor.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { tinyBundle } from '../../golden/tiny-bundle.ts';
import { leftBehind } from '../../left-behind.ts';
import { answeringGraph } from '../../runtime/answering-graph.ts';

type Answers = Readonly<Record<string, Tensor>>;

const node = { runtime: nodeRuntime, provider: 'cpu' } as const;
const web = { runtime: webRuntime(), provider: 'wasm' } as const;
const frame = { frame: tensor(new Uint8Array(8 * 8 * 3), [1, 8, 8, 3]) };
const row = (...values: number[]) => tensor(Float32Array.from(values), [1, values.length]);

/** What is said of a graph that gives `actual` where `expected` is due. */
function verified(
  actual: Answers,
  expected: Answers,
  tolerance?: number,
  targets: (typeof node | typeof web)[] = [node],
) {
  const bytes = answeringGraph(actual);
  return verifyGraph((runtime, options) => runtime.open(bytes, options), frame, expected, targets, tolerance);
}

/** Of one output. */
async function judged(actual: readonly number[], expected: readonly number[], tolerance?: number) {
  const [{ maxDifference, passed }] = await verified(
    { a: row(...actual) },
    { a: row(...expected) },
    tolerance,
  );
  return { maxDifference, passed };
}

describe('verifyGraph', () => {
  it('has a row for every runtime and output, in their order', async () => {
    const actual = {
      many: tensor(Float32Array.of(0.25, -2, 0.5, 8, 0.75, 0.5), [3, 2]),
      whole: tensor(Int32Array.of(3, -4), [2]),
      one: tensor(Float32Array.of(7), []),
    };
    const expected = {
      whole: tensor(Int32Array.of(3, -6), [2]),
      many: tensor(Float32Array.of(0.25, -2, 1, 8, 0.75, 0.75), [3, 2]),
      one: tensor(Float32Array.of(7), []),
    };
    const rows = (runtime: string, version: string, provider: string) => {
      const where = { runtime, version, provider };
      return [
        { ...where, output: 'whole', samples: 2, maxDifference: 2, least: -6, greatest: 3, passed: false },
        { ...where, output: 'many', samples: 3, maxDifference: 0.5, least: -2, greatest: 8, passed: false },
        { ...where, output: 'one', samples: 1, maxDifference: 0, least: 7, greatest: 7, passed: true },
      ];
    };
    expect(await verified(actual, expected, undefined, [node, web])).toEqual([
      ...rows('onnxruntime-node', nodeRuntime.version, 'cpu'),
      ...rows('onnxruntime-web', web.runtime.version, 'wasm'),
    ]);
  });

  it('asks each runtime for the provider of its target, and no other', async () => {
    const bytes = answeringGraph({ a: row(1) });
    const asked: unknown[] = [];
    const open: OpenGraph = (runtime, options) => {
      asked.push([runtime, options]);
      return runtime.open(bytes, options);
    };
    await verifyGraph(open, frame, { a: row(1) }, [web, node]);
    expect(asked).toEqual([
      [web.runtime, { provider: 'wasm' }],
      [nodeRuntime, { provider: 'cpu' }],
    ]);
  });

  it('fails what is too low as what is too high, wherever it is', async () => {
    const expected = [0.5, 0.5, 0.5];
    for (const place of [0, 1, 2]) {
      for (const by of [-0.25, 0.25]) {
        const actual = expected.with(place, 0.5 + by);
        expect(await judged(actual, expected)).toEqual({ maxDifference: 0.25, passed: false });
      }
    }
  });

  it.each([
    ['given', [0.5, Number.NaN], [0.5, 0.5]],
    ['expected', [0.5, 0.5], [Number.NaN, 0.5]],
    ['given and expected', [Number.NaN, 0.5], [Number.NaN, 0.5]],
    ['given, an infinity', [0.5, Number.NEGATIVE_INFINITY], [0.5, 0.5]],
    ['expected, an infinity', [0.5, 0.5], [0.5, Number.NEGATIVE_INFINITY]],
  ])('fails where what is %s is no number', async (_, actual, expected) => {
    const infinite = { maxDifference: Number.POSITIVE_INFINITY, passed: false };
    expect(await judged(actual, expected)).toEqual(infinite);
  });

  it('takes infinities where they are expected, and judges what stands beside them as ever', async () => {
    const infinite = Number.POSITIVE_INFINITY;
    expect(await judged([infinite, 0.5], [infinite, 0.5])).toEqual({ maxDifference: 0, passed: true });
    expect((await judged([infinite, 0.75], [infinite, 0.5])).passed).toBe(false);
    expect((await judged([-infinite, 0.75], [-infinite, 0.5])).passed).toBe(false);
  });

  // 1e-4 of the largest absolute value, or of 1 where that is less.
  it.each([
    [0.5, 0.000_09, true],
    [0.5, 0.000_11, false],
    [-0.5, 0.000_11, false],
    [300, 0.029, true],
    [300, 0.031, false],
    [-300, 0.029, true],
    [-300, 0.031, false],
  ])(
    'judges by the size of the values: beside %f, a difference of %f passes: %s',
    async (value, by, passes) => {
      const { maxDifference, passed } = await judged([value, by], [value, 0]);
      expect(maxDifference).toBe(Math.fround(by));
      expect(passed).toBe(passes);
    },
  );

  it('takes a tolerance, that itself included', async () => {
    expect((await judged([0.5], [0.25], 0.25)).passed).toBe(true);
    expect((await judged([0.5], [0.25], 0.249)).passed).toBe(false);
    // Of the largest value.
    expect((await judged([5, 4], [4, 4], 0.25)).passed).toBe(true);
  });

  const half = { a: row(0.5) };
  it.each<[string, Answers, Record<string, Tensor | undefined>, string]>([
    [
      'another shape',
      { a: row(1, 2) },
      half,
      "the graph's output a must have tfjs's shape [1,1]; received [1,2]",
    ],
    [
      'no such output',
      { b: row(1) },
      half,
      "the graph's output a must have tfjs's shape [1,1]; received no such output",
    ],
    [
      'nothing to compare with',
      half,
      { a: undefined },
      'golden values must hold every output; received none for a',
    ],
  ])('refuses %s', async (_, actual, expected, message) => {
    const given = verified(actual, expected as Answers);
    await expect(given).rejects.toThrow(UserError);
    await expect(given).rejects.toThrow(message);
  });

  it('says which runtime does not load or run a graph', async () => {
    const noGraph = verifyGraph((runtime, options) => runtime.open(new Uint8Array(9), options), frame, {}, [
      node,
    ]);
    await expect(noGraph).rejects.toThrow(
      /^onnxruntime-node must load the exported graph; received the graph must be valid ONNX.*; check the inputs/,
    );
    const bytes = answeringGraph(half);
    const wrongInput = verifyGraph(
      (runtime, options) => runtime.open(bytes, options),
      { image: row(1) },
      half,
      [web],
    );
    await expect(wrongInput).rejects.toThrow(
      /^onnxruntime-web must run the exported graph; received .+; check the/,
    );
  });

  it('leaves no session behind, whatever happens', async () => {
    const bytes = answeringGraph(half);
    const verify = (inputs: Answers, expected: Answers) =>
      verifyGraph((runtime, options) => runtime.open(bytes, options), inputs, expected, [node, web]);
    const left = await leftBehind(async () => {
      expect((await verify(frame, half)).map(({ passed }) => passed)).toEqual([true, true]);
      await expect(verify({ image: row(1) }, half)).rejects.toThrow('must run');
      await expect(verify(frame, { a: row(1, 2) })).rejects.toThrow('shape');
    });
    expect(left).toEqual({});
  });
});

describe('verifyBundle', () => {
  it("compares the manifest's outputs on the golden frames", async () => {
    const outputs = [{ name: 'probabilities', role: 'scores' as const, shape: ['N', 2] }];
    const bundle = {
      ...(await tinyBundle('tiny-frame', { outputs })),
      graph: answeringGraph({ probabilities: row(0.25, 0.5) }),
    };
    const golden = { ...frame, probabilities: row(0.25, 0.75) };
    const { version } = nodeRuntime;
    const expected = {
      runtime: 'onnxruntime-node',
      version,
      provider: 'cpu',
      output: 'probabilities',
      samples: 1,
    };
    expect(await verifyBundle(bundle, golden, [node], 0.25)).toEqual([
      { ...expected, maxDifference: 0.25, least: 0.25, greatest: 0.75, passed: true },
    ]);
    expect((await verifyBundle(bundle, golden, [node]))[0].passed).toBe(false);
    await expect(verifyBundle(bundle, frame, [node])).rejects.toThrow('received none for probabilities');
  });
});

/** A row that failed by 0.5, of values in 0–1. */
const failed: VerificationRow = {
  ...{ runtime: 'onnxruntime-node', version: '1', provider: 'cpu', output: 'a', samples: 1 },
  ...{ maxDifference: 0.5, least: 0, greatest: 1, passed: false },
};

describe('judgedBySpread', () => {
  it('allows three times the spread, between the usual tolerance and 2 %, of the values', () => {
    const allowed = (least: number, greatest: number, spread: number) =>
      judgedBySpread([{ ...failed, least, greatest }], { a: spread })[0].allowed;
    for (const [least, greatest, scale] of [
      [0, 1, 1],
      [-0.5, 0.25, 1],
      [-8, 2, 8],
      [1, 8, 8],
    ]) {
      expect(allowed(least, greatest, 0)).toBeCloseTo(1e-4 * scale, 12);
      expect(allowed(least, greatest, 0.001 * scale)).toBeCloseTo(0.003 * scale, 12);
      expect(allowed(least, greatest, 0.1 * scale)).toBeCloseTo(0.02 * scale, 12);
    }
  });

  it('judges each output by its own, that itself included, and keeps what was measured', () => {
    const near = { ...failed, maxDifference: 0.003 };
    const rows = judgedBySpread([near, { ...near, output: 'b' }, { ...near, output: 'c', passed: true }], {
      ...{ a: 0.001, b: 0.0009, c: 0 },
    });
    expect(rows.map(({ output, spread, passed }) => [output, spread, passed])).toEqual([
      ['a', 0.001, true],
      ['b', 0.0009, false],
      ['c', 0, false],
    ]);
    expect(rows[0]).toEqual({ ...near, spread: 0.001, allowed: 0.003, passed: true });
  });
});

describe('requirePassed', () => {
  const remedy = 'nothing was written; check the converters of custom layers, or report it with the model';

  it('says nothing where all passed', () => {
    expect(requirePassed([])).toBeUndefined();
    expect(requirePassed([{ ...failed, passed: true }])).toBeUndefined();
  });

  it('names the worst of those that failed', () => {
    const rows: VerificationRow[] = [
      { ...failed, output: 'b', maxDifference: 0.25 },
      { ...failed, output: 'worst', runtime: 'onnxruntime-web', provider: 'wasm' },
      { ...failed, output: 'c', maxDifference: 0.125 },
      { ...failed, output: 'd', maxDifference: 9, greatest: 1e6, passed: true },
    ];
    const received = 'received a difference of 5.0e-1 in worst on onnxruntime-web wasm';
    for (const order of [rows, rows.toReversed()]) {
      expect(() => requirePassed(order)).toThrow(VerificationError);
      expect(() => requirePassed(order)).toThrow(
        new VerificationError(
          `the exported graph must agree with tfjs within 0.0001; ${received}; ${remedy}`,
        ),
      );
    }
    expect(() => requirePassed(rows, 0.01)).toThrow('agree with tfjs within 0.01; received');
    // Of two that are as bad, the first.
    expect(() => requirePassed([failed, { ...failed, output: 'b' }])).toThrow('5.0e-1 in a on');
  });

  it("tells of tfjs's own spread, and where a fault cannot be told from it", () => {
    const measured = { ...failed, spread: 0.004, allowed: 0.0123 };
    const received =
      "received a difference of 5.0e-1 in a on onnxruntime-node cpu, where tfjs's own answers differ by 4.0e-3";
    expect(() => requirePassed([measured])).toThrow(
      new VerificationError(`the exported graph must agree with tfjs within 0.012; ${received}; ${remedy}`),
    );
    const beyond = 'nothing was written; a fault cannot be told from the rounding that this model magnifies';
    expect(() => requirePassed([{ ...measured, spread: 0.021 }])).toThrow(beyond);
    expect(() => requirePassed([{ ...measured, spread: 0.02 }])).toThrow(remedy);
    // Of values up to 10, that is 0.2.
    expect(() => requirePassed([{ ...measured, least: -10, spread: 0.19 }])).toThrow(remedy);
    expect(() => requirePassed([{ ...measured, greatest: 10, spread: 0.21 }])).toThrow(beyond);
  });
});
