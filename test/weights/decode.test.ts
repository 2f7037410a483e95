import { existsSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { decodeWeights } from '../../src/weights/decode.ts';
import { goldenFile, goldenTensors, type Known, readAll } from './golden-files.ts';

function without(tensors: Record<string, Known>, ...names: string[]): Record<string, Known> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));
}

describe('decodeWeights', () => {
  it.each([
    ['plain.safetensors', 'safetensors', { format: 'pt' }],
    ['plain.pt', 'pytorch', {}],
    ['plain-legacy.pt', 'pytorch-legacy', {}],
    ['protocol-4.pt', 'pytorch', {}],
    ['protocol-5-legacy.pt', 'pytorch-legacy', {}],
    ['without-checksums.pt', 'pytorch', {}],
  ])('reads all types of elements from %s', (name, format, metadata) => {
    const file = decodeWeights(goldenFile(name), name);
    expect(readAll(file.tensors)).toEqual(goldenTensors('plain'));
    expect({ format: file.format, metadata: file.metadata }).toEqual({ format, metadata });
  });

  it.each(['plain.npz', 'plain.onnx', 'braced.onnx'])(
    'reads all types of elements that numpy has from %s',
    (name) => {
      const { tensors } = decodeWeights(goldenFile(name), name);
      expect(readAll(tensors)).toEqual(without(goldenTensors('plain'), 'bfloat16'));
    },
  );

  it.each(['views.pt', 'views-legacy.pt'])('follows strides and shared storages in %s', (name) => {
    expect(readAll(decodeWeights(goldenFile(name), name).tensors)).toEqual(goldenTensors('views'));
  });

  it.each(['views.pt', 'views-legacy.pt'])('tells that all tensors view one storage in %s', (name) => {
    const stored = [...decodeWeights(goldenFile(name), name).tensors.values()];
    const places = stored.map(({ storage }) => [storage?.().byteOffset, storage?.().length]);
    expect(places).toEqual(places.map(() => [expect.any(Number), 4 * 24]));
    expect(new Set(places.map(String)).size).toBe(1);
  });

  it.each(['checkpoint.pt', 'checkpoint-legacy.pt'])('finds the state dict in %s', (name) => {
    const { tensors, metadata } = decodeWeights(goldenFile(name), name);
    expect(readAll(tensors)).toEqual(goldenTensors('views'));
    expect(metadata).toEqual({ stateDict: 'state_dict' });
  });

  it.each(['resumable.pt', 'resumable-legacy.pt'])(
    'reads tensors with attributes, and past a scheduler, in %s',
    (name) => {
      expect(readAll(decodeWeights(goldenFile(name), name).tensors)).toEqual(goldenTensors('attributed'));
    },
  );

  it.each([
    ['model', 'args', 'argparse', 'Namespace', /^argparse\.Namespace$/],
    [
      'state_dict',
      'meta',
      'mmengine.logging.history_buffer',
      'HistoryBuffer',
      /^mmengine\.logging\.history_buffer\.HistoryBuffer$/,
    ],
  ])('reads the weights under %s, past what is under %s', (stateDict, other, module, name, skipped) => {
    // By hand: what torch.save writes of { [stateDict]: { w }, [other]: an object with an attribute }.
    const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
    const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x06tQ`;
    const layout = 'K\0K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)R';
    const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${layout}tR`;
    const object = `c${module}\n${name}\n)\x81}${text('lr')}K\x01sb`;
    const weights = `${text(stateDict)}}${text('w')}${tensor}s`;
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const file = zipSync({
      'a/data.pkl': Buffer.from(`\x80\x02}(${text(other)}${object}${weights}u.`, 'latin1'),
      'a/data/0': new Uint8Array(values.buffer),
      'a/version': Buffer.from('3\n'),
    });
    const { tensors, metadata } = decodeWeights(file, 'objects.pt');
    expect(readAll(tensors)).toEqual({ w: { dtype: 'float32', shape: [2, 3], values: [...values] } });
    expect(metadata).toEqual({ stateDict, skippedObjects: expect.stringMatching(skipped) });
  });

  const cases = new URL('../../../shared/real/cases/checkpoint-objects/', import.meta.url);
  it.runIf(existsSync(cases)).each([
    ['mmengine.pth', 'state_dict', /HistoryBuffer/],
    ['namespace.pth', 'model', /argparse\.Namespace/],
  ])('reads the weights of %s past its objects (../shared/real)', (name, stateDict, skipped) => {
    const { tensors, metadata } = decodeWeights(readFileSync(new URL(name, cases)), name);
    expect([...tensors].map(([key, { shape }]) => [key, shape])).toEqual([['w', [2, 3]]]);
    expect(metadata).toEqual({ stateDict, skippedObjects: expect.stringMatching(skipped) });
  });

  it('reads what model.state_dict() gives', () => {
    const { tensors } = decodeWeights(goldenFile('state-dict.pt'), 'x');
    expect(readAll(tensors)).toEqual(goldenTensors('stateDict'));
  });

  it('reads a negated tensor that was resolved, as its refusal advises', () => {
    expect(readAll(decodeWeights(goldenFile('resolved.pt'), 'x').tensors)).toEqual(goldenTensors('negated'));
  });

  it('reads types that PyTorch keeps in storages of bytes', () => {
    const { tensors } = decodeWeights(goldenFile('unsigned.pt'), 'x');
    // 2^32 − 1 is no float32.
    const known = goldenTensors('unsigned');
    expect(readAll(tensors)).toEqual({ ...known, uint32: { ...known.uint32, values: [2 ** 32] } });
  });

  it('inflates what numpy deflates, and reads Fortran order', () => {
    const { tensors } = decodeWeights(goldenFile('deflated.npz'), 'x');
    const { fortran, zeros, ...rest } = readAll(tensors);
    expect(rest).toEqual(without(goldenTensors('plain'), 'bfloat16'));
    expect(fortran).toEqual(goldenTensors('array').array);
    expect(zeros).toEqual({ dtype: 'float32', shape: [4, 5], values: Array(20).fill(0) });
  });

  it('leaves out text and objects that are kept beside numbers, and says so', () => {
    const { tensors, metadata } = decodeWeights(goldenFile('mixed.npz'), 'x');
    expect(readAll(tensors)).toEqual(goldenTensors('array'));
    expect(metadata).toEqual({ leftOut: 'names, raw, objects' });
  });

  it.each(['version-1.npy', 'version-2.npy', 'version-3.npy', 'fortran.npy'])('reads %s', (name) => {
    expect(readAll(decodeWeights(goldenFile(name), name).tensors)).toEqual(goldenTensors('array'));
  });

  it('gives views of the file where elements lie as they should', () => {
    for (const name of ['plain.safetensors', 'plain.pt', 'plain-legacy.pt', 'plain.npz', 'version-1.npy']) {
      const bytes = goldenFile(name);
      for (const { bytes: content } of decodeWeights(bytes, name).tensors.values()) {
        if (content().length > 0) expect(content().buffer, name).toBe(bytes.buffer);
      }
    }
  });

  it.each([1, 2, 3])('reads what Node hands out: a Buffer, at byte %d of a larger one', (shift) => {
    for (const name of ['plain.safetensors', 'plain.pt', 'views-legacy.pt', 'plain.npz', 'plain.onnx']) {
      const whole = Buffer.concat([Buffer.alloc(shift), goldenFile(name)]);
      const known = readAll(decodeWeights(goldenFile(name), name).tensors);
      expect(readAll(decodeWeights(whole.subarray(shift), name).tensors), name).toEqual(known);
    }
  });

  it('sees by their checksum that weights are damaged', () => {
    const bytes = goldenFile('plain.pt');
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float64Array.of(1.5).buffer));
    bytes[at] ^= 1;
    const stored = decodeWeights(bytes, 'plain.pt').tensors.get('float64');
    expect(() => stored?.bytes()).toThrow(
      /plain\.pt is not a valid zip file; received "[^"]+\/data\/0" with another checksum/,
    );
  });

  it.each([
    [
      'module.pt',
      /a state dict: .*received an object of "torch\.nn\.modules\.container\.Sequential"; save model\.state_dict\(\)/,
    ],
    ['module-legacy.pt', /"torch\.nn\.modules\.container\.Sequential"/],
    ['negated.pt', /values of its tensors as they are; received one with its neg bit set/],
    ['tensor.pt', /a state dict: .*received a single tensor/],
    ['optimizer.pt', /a state dict: .*received a dict of "epoch", "lr";/],
    ['objects.npy', /plain numbers; received an array of objects \("\|O"\); give/],
    ['text.npy', /plain numbers; received an array of text \("<U2"\); give/],
    ['names.npz', /arrays of numbers; received only text and objects/],
    ['complex.npy', /plain numbers; received "<c8"; convert it to integers or floats/],
    ['big-endian.npy', /little-endian numbers; received ">f4"; convert it with \.astype\('<f4'\)/],
  ])('refuses %s in one line', (name, reason) => {
    const read = () => decodeWeights(goldenFile(name), name);
    expect(read).toThrow(UserError);
    expect(read).toThrow(reason);
    expect(read).toThrow(new RegExp(`^${name} [^\\n]*$`));
  });

  it.each([2n ** 20n, 2n ** 60n])(
    'says of safetensors that they are cut short, or tell of %d bytes',
    (length) => {
      const bytes = goldenFile('plain.safetensors').subarray(0, 100);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      expect(() => decodeWeights(bytes, 'x')).toThrow(
        `x is not a valid safetensors file; received a header of ${length} bytes in a file of 100; `,
      );
    },
  );

  it('quotes the name of an array in an error', () => {
    const bytes = zipSync({ '\x1b[31mR.npy': new Uint8Array(20) });
    expect(() => decodeWeights(bytes, 'x.npz')).toThrow(
      /^"\\u001b\[31mR\.npy" in x\.npz is not a valid npy file/,
    );
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('conv1.weight 1 2 3')],
    ['HDF5', new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0])],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeWeights(bytes, 'weights.h5')).toThrow(
      /weights\.h5 must hold weights; .*give safetensors/,
    );
  });
});
