import { describe, expect, it } from 'vitest';
import { quoted } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { decodeWeights } from '../../src/weights/decode.ts';
import { float32Of } from '../../src/weights/float32.ts';
import { fuzz } from '../fuzz.ts';
import { goldenFile } from './golden-files.ts';

/** Reads a file, and every tensor in it. */
function readWhole(bytes: Uint8Array): void {
  for (const [name, tensor] of decodeWeights(bytes, 'fuzz').tensors) {
    expect(float32Of(tensor, `${quoted(name)} in fuzz`).length).toBe(sizeOf(tensor.shape));
  }
}

const ascii = (text: string) => new TextEncoder().encode(text);
/** Opcodes, and what they are given: to copy, nest, remember, call, and count far. */
const opcodes = [
  ...[
    '(',
    ']',
    ')',
    '}',
    't',
    'l',
    'd',
    'R',
    'b',
    'Q',
    'a',
    'e',
    'u',
    's',
    '0',
    '1',
    '2',
    '.',
    'N',
    'cos\nsystem\n',
  ],
  ...[
    'ctorch._utils\n_rebuild_tensor_v2\n',
    'ccollections\nOrderedDict\n',
    'ctorch\nFloatStorage\n',
    'h\0',
    'q\0',
  ],
].map(ascii);
const bytes = (...values: number[]) => Uint8Array.from(values);
const lengths = [
  ...[
    bytes(0x8b, 255, 255, 255, 127),
    bytes(0x8a, 255),
    bytes(0x58, 255, 255, 255, 255),
    bytes(0x94),
    bytes(0x93),
  ],
  ...[bytes(0x8d, 255, 255, 255, 255, 255, 255, 31, 0), bytes(0x85), bytes(0x81), bytes(0x8f), bytes(0x90)],
];
const json = [
  ...[
    '[',
    '{',
    '"F64"',
    '"I64"',
    '[0]',
    '9007199254740993',
    '-1',
    '1e400',
    '[9999999,9999999]',
    '__proto__',
    '\\u0000',
  ],
].map(ascii);

describe('damaged files of weights', () => {
  it.each([
    ['safetensors', ['plain.safetensors'], json],
    [
      'PyTorch zip',
      ['plain.pt', 'views.pt', 'checkpoint.pt', 'module.pt', 'unsigned.pt'],
      [...opcodes, ...lengths],
    ],
    [
      'PyTorch legacy',
      [
        'plain-legacy.pt',
        'views-legacy.pt',
        'checkpoint-legacy.pt',
        'module-legacy.pt',
        'protocol-5-legacy.pt',
      ],
      [...opcodes, ...lengths],
    ],
    ['npz', ['plain.npz', 'deflated.npz'], []],
    [
      'npy',
      ['version-1.npy', 'version-2.npy', 'fortran.npy', 'objects.npy'],
      ['<f8', '|u1', "'(", '999'].map(ascii),
    ],
    ['ONNX', ['plain.onnx'], []],
  ])('%s: 3,000 of them are read, or refused in one line', (format, names, words) => {
    // The inflater works in buffers of its own, some 200 KiB an entry.
    const slack = format === 'npz' ? 2 ** 24 : 2 ** 20;
    const counts = fuzz(names.map(goldenFile), readWhole, {
      ...{ cases: 3000, words, slack },
    });
    expect(counts.read).toBeGreaterThan(10);
    expect(counts.refused).toBeGreaterThan(1000);
  });
});
