import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { decodeWeights } from '../../src/weights/decode.ts';
import { unpickle } from '../../src/weights/pickle.ts';
import { Opaque } from '../../src/weights/pickle-stack.ts';
import { torchHost } from '../../src/weights/torch-objects.ts';
import { readAll } from './golden-files.ts';
import {
  call,
  dictOf,
  extents,
  int,
  type LegacyParts,
  latin1,
  legacy,
  legacyStorage,
  storage,
  tensor,
  text,
  tuple,
  zipped,
} from './torch-pickles.ts';

const floats = Float32Array.of(0, 1, 2, 3, 4, 5);
const bytes = new Uint8Array(floats.buffer);
const read = (file: Uint8Array) => readAll(decodeWeights(file, 'x').tensors);
const float32 = (shape: number[], values: number[]) => ({ dtype: 'float32', shape, values });

/** A tensor in the only storage, of six floats. */
const inStorage = (offset: number, shape: number[], strides: number[]) =>
  zipped({ w: tensor(storage('0', 6), offset, shape, strides) }, { 0: bytes });

/** A call of torch's that rebuilds a tensor of a storage's bytes as a type. */
const typed = (type: string, size: number, shape: readonly number[]) =>
  call(
    'torch._utils._rebuild_tensor_v3',
    ...[storage('0', size, 'torch.storage.UntypedStorage'), int(0), extents(shape)],
    ...[extents(shape.map(() => 1)), '\x89', '}', `ctorch\n${type}\n`],
  );

function expectRefused(file: Uint8Array, words: string): void {
  const decode = () => decodeWeights(file, 'x');
  expect(decode).toThrow(UserError);
  expect(decode).toThrow(words);
}

describe('a PyTorch zip', () => {
  it.each<[string, number, number[], number[], number[]]>([
    ['all of it', 0, [2, 3], [3, 1], [0, 1, 2, 3, 4, 5]],
    ['its end', 4, [2], [1], [4, 5]],
    ['columns', 0, [3, 2], [1, 3], [0, 3, 1, 4, 2, 5]],
    ['every second one behind the first', 1, [3], [2], [1, 3, 5]],
    ['one over and over', 5, [2, 2], [0, 0], [5, 5, 5, 5]],
    ['a scalar', 3, [], [], [3]],
    ['nothing, wherever', 90, [0, 7], [70, 9], []],
    ['64 axes', 2, Array(64).fill(1), Array(64).fill(1), [2]],
  ])('has tensors that see of a storage %s', (_, offset, shape, strides, values) => {
    expect(read(inStorage(offset, shape, strides))).toEqual({ w: float32(shape, values) });
  });

  it('has tensors in shapes of the class for shapes, rebuilt in the oldest way, under keys of 100 characters', () => {
    const key = 'k'.repeat(100);
    const size = call('torch.Size', extents([2, 3]));
    const old = call('torch._utils._rebuild_tensor', storage(key, 6), int(0), size, extents([3, 1]));
    expect(read(zipped({ w: old }, { [key]: bytes }))).toEqual({ w: float32([2, 3], [0, 1, 2, 3, 4, 5]) });
  });

  it.each<[string, number, string]>([
    ['float64', 8, 'float64'],
    ['float32', 4, 'float32'],
    ['float16', 2, 'float16'],
    ['bfloat16', 2, 'bfloat16'],
    ['float8_e4m3fn', 1, 'float8e4m3fn'],
    ['float8_e4m3fnuz', 1, 'float8e4m3fnuz'],
    ['float8_e5m2', 1, 'float8e5m2'],
    ['float8_e5m2fnuz', 1, 'float8e5m2fnuz'],
    ['int64', 8, 'int64'],
    ['int32', 4, 'int32'],
    ['int16', 2, 'int16'],
    ['int8', 1, 'int8'],
    ['uint64', 8, 'uint64'],
    ['uint32', 4, 'uint32'],
    ['uint16', 2, 'uint16'],
    ['uint8', 1, 'uint8'],
    ['bool', 1, 'bool'],
  ])('has tensors of bytes as %s', (type, width, dtype) => {
    const content = Uint8Array.from({ length: 3 * width }, (_, i) => i);
    const whole = decodeWeights(zipped({ w: typed(type, 3 * width, [3]) }, { 0: content }), 'x').tensors.get(
      'w',
    );
    expect([whole?.dtype, whole?.shape, whole?.bytes()]).toEqual([dtype, [3], content]);
    expectRefused(
      zipped({ w: typed(type, 3 * width - 1, [3]) }, { 0: content.subarray(1) }),
      'a tensor that leaves its storage',
    );
  });

  it.each<[string, Uint8Array, string]>([
    ['begins behind its storage', inStorage(6, [1], [1]), 'a tensor that leaves its storage'],
    ['ends behind its storage', inStorage(0, [2, 3], [4, 1]), 'a tensor that leaves its storage'],
    ['is larger than the file', inStorage(0, [1e5], [0]), 'a tensor larger than the file'],
    ['begins before its storage', inStorage(-1, [1], [1]), 'without an offset, a shape and strides'],
    ['has an extent below zero', inStorage(0, [-1], [1]), 'without an offset, a shape and strides'],
    ['has a stride below zero', inStorage(5, [2], [-1]), 'without an offset, a shape and strides'],
    ['has more axes than strides', inStorage(0, [2, 1], [1]), 'without an offset, a shape and strides'],
    [
      'has 65 axes',
      inStorage(0, Array(65).fill(1), Array(65).fill(1)),
      'without an offset, a shape and strides',
    ],
    [
      'has half an extent',
      zipped(
        { w: call('torch._utils._rebuild_tensor', storage('0', 6), int(0), tuple('F1.5\n'), extents([1])) },
        { 0: bytes },
      ),
      'without an offset, a shape and strides',
    ],
    [
      'has a shape that is no list',
      zipped(
        { w: call('torch._utils._rebuild_tensor', storage('0', 6), int(0), int(2), int(1)) },
        { 0: bytes },
      ),
      'without an offset, a shape and strides',
    ],
    [
      'has an offset in words',
      zipped(
        { w: call('torch._utils._rebuild_tensor', storage('0', 6), text('1'), extents([1]), extents([1])) },
        { 0: bytes },
      ),
      'without an offset, a shape and strides',
    ],
    [
      'is one of bytes without a type',
      zipped({ w: tensor(storage('0', 24, 'torch.storage.UntypedStorage'), 0, [1], [1]) }, { 0: bytes }),
      'a tensor of no storage',
    ],
    [
      'is of a type that is none',
      zipped({ w: typed('Size', 24, [1]) }, { 0: bytes }),
      'a tensor without a type',
    ],
    [
      'has a storage that is not there',
      zipped({ w: tensor(storage('1', 6), 0, [1], [1]) }, { 0: bytes }),
      'received no bytes of storage "1", where 24 are due',
    ],
    [
      'has a storage of another size',
      zipped({ w: tensor(storage('0', 5), 0, [1], [1]) }, { 0: bytes }),
      'received 24 bytes of storage "0", where 20 are due',
    ],
    [
      'has a storage of a class that is none',
      zipped({ w: tensor(storage('0', 6, 'torch.Tensor'), 0, [1], [1]) }, { 0: bytes }),
      'a persistent id of no storage',
    ],
    [
      'has a storage below zero',
      zipped({ w: tensor(storage('0', -6), 0, [1], [1]) }, { 0: bytes }),
      'a persistent id of no storage',
    ],
    [
      'has something else for a storage',
      zipped(
        { w: `${tuple(text('tensor'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), int(6))}Q` },
        { 0: bytes },
      ),
      'a persistent id of no storage',
    ],
    [
      'has a storage whose key is a number',
      zipped(
        { w: `${tuple(text('storage'), 'ctorch\nFloatStorage\n', int(0), text('cpu'), int(6))}Q` },
        { 0: bytes },
      ),
      'a persistent id of no storage',
    ],
  ])('refuses a tensor that %s', (_, file, words) => expectRefused(file, words));

  it('takes the place of attributes and classes that only look like what is refused', () => {
    const host = torchHost(() => expect.unreachable(), 1000, 'x');
    for (const name of [
      ...['my.os.path', 'postcode.x', 'my.builtins.eval', 'builtins.evaluate', 'builtins.open_file'],
      ...['my.torch._utils.x', 'torch._utilsx.y', 'torch.jitter.x', 'torch.nn.Linear'],
    ]) {
      expect(host.global(name), name).toBeInstanceOf(Opaque);
    }
    for (const name of [
      ...[
        'os.system',
        'posix.system',
        'nt.system',
        'sys.exit',
        'subprocess.Popen',
        'shutil.rmtree',
        'socket.socket',
      ],
      ...[
        'ctypes.CDLL',
        'importlib.import_module',
        'runpy.run_path',
        'pty.spawn',
        'code.interact',
        'marshal.loads',
      ],
      ...['pickle.loads', 'webbrowser.open', 'builtins.eval', 'builtins.exec', '__builtin__.execfile'],
      ...[
        'builtins.compile',
        'builtins.open',
        'builtins.input',
        'builtins.breakpoint',
        'builtins.__import__',
      ],
      ...['builtins.globals', 'builtins.setattr', 'torch._utils._x', 'torch._tensor.x', 'torch._C.x'],
      ...['torch.storage._load_from_bytes', 'torch.jit.load', 'torch.hub.load', 'torch.package.x'],
      'torch.serialization.load',
    ]) {
      expect(host.global(name), name).toBeUndefined();
    }
    expect([...host.skipped]).toHaveLength(9);
  });

  it('has classes of whole models only where it says so', () => {
    const host = torchHost(() => expect.unreachable(), 1000, 'x');
    const run = (pickle: string) => unpickle(latin1(pickle), 0, host, 'x').value;
    expect(run(`${tuple(text('module'), 'ca\nB\n', text('f'), text('c'))}Q.`)).toBeInstanceOf(Opaque);
    for (const [kind, type] of [
      [text('modules'), 'ca\nB\n'],
      [text('module'), text('B')],
    ]) {
      expect(() => run(`${tuple(kind, type, text('f'), text('c'))}Q.`)).toThrow(
        'a persistent id of no storage',
      );
    }
  });

  it('refuses programs, and files of other machines', () => {
    const entries = { w: tensor(storage('0', 6), 0, [6], [1]) };
    const said = (name: string, content: string) =>
      zipped(entries, { 0: bytes }, { [name]: latin1(content) });
    expect(read(said('m/byteorder', 'little'))).toEqual({ w: float32([6], [...floats]) });
    expect(read(said('other/byteorder', 'big'))).toEqual({ w: float32([6], [...floats]) });
    expectRefused(
      said('m/byteorder', 'big'),
      'x must be little-endian; received "big"; save it on another machine',
    );
    expectRefused(
      said('m/constants.pkl', ''),
      'x must hold weights, not a program; received a TorchScript archive; save model.state_dict() with torch.save',
    );
  });

  it('is known by a data.pkl in a folder', () => {
    const pickle = latin1(dictOf({ w: tensor(storage('0', 6), 0, [6], [1]) }));
    for (const name of ['a/b/data.pkl', 'a/data.pkl.txt', 'data.pkl']) {
      expectRefused(zipSync({ [name]: pickle }), 'received a zip file without a data.pkl or an .npy');
    }
  });
});

describe('a PyTorch file from before 1.6', () => {
  const at = (key: string, size: number, type?: string, view = 'N') =>
    tensor(storage(key, size, type, view), 0, [2], [1]);
  const viewed = (offset: number, size: number) =>
    storage('a', 6, 'torch.FloatStorage', tuple(text('v'), int(offset), int(size)));

  it('has tensors in storages, and in views of them', () => {
    const whole = storage('a', 6, 'torch.FloatStorage', 'N');
    const data = dictOf({ w: tensor(whole, 1, [2], [2]), v: tensor(viewed(4, 2), 0, [2], [1]) });
    expect(read(legacy({ data }))).toEqual({ w: float32([2], [1, 3]), v: float32([2], [4, 5]) });
  });

  it('has storages in the order of their keys', () => {
    const data = dictOf({ w: at('a', 2), v: at('b', 2) });
    const keys = `\x80\x02](${text('b')}${text('a')}e.`;
    const storages = legacyStorage(Float32Array.of(7, 8)) + legacyStorage(Float32Array.of(5, 6));
    expect(read(legacy({ data, keys, storages }))).toEqual({
      w: float32([2], [5, 6]),
      v: float32([2], [7, 8]),
    });
  });

  const good = dictOf({ w: at('a', 6) });
  it.each<[string, Partial<LegacyParts>, string]>([
    ['of another version', { version: '\x80\x02M\xea\x03.' }, 'received a protocol version other than 1001'],
    [
      'of a machine of another order',
      { machine: dictOf({ little_endian: '\x89' }) },
      'x must be little-endian; received a file from',
    ],
    ['of no machine', { machine: '\x80\x02N.' }, 'x must be little-endian'],
    ['with a storage in its version', { version: `${text('a')}Q.` }, 'a storage in the header'],
    ['with an object in its version', { version: 'ca\nB\n.' }, 'a pickled object of "a.B"'],
    [
      'with a storage of two sizes',
      { data: dictOf({ w: at('a', 6), v: at('a', 5) }) },
      'received storage "a" in two sizes',
    ],
    [
      'with a storage of two types',
      { data: dictOf({ w: at('a', 6), v: at('a', 6, 'torch.DoubleStorage') }) },
      'received storage "a" in two sizes',
    ],
    [
      'with a view that leaves its storage',
      { data: dictOf({ w: tensor(viewed(5, 2), 0, [1], [1]) }) },
      'a view that leaves storage "a"',
    ],
    [
      'with a view that is none',
      { data: dictOf({ w: tensor(storage('a', 6, 'torch.FloatStorage', int(3)), 0, [1], [1]) }) },
      'a view of no storage',
    ],
    [
      'with a view of a place below zero',
      { data: dictOf({ w: tensor(viewed(-1, 2), 0, [1], [1]) }) },
      'a view of no storage',
    ],
    ['without a storage', { keys: '\x80\x02].', storages: '' }, 'received no storage "a"'],
    ['without a list of storages', { keys: '\x80\x02N.' }, 'received no list of storages'],
    [
      'with a storage that none uses',
      { keys: `\x80\x02](${text('b')}e.` },
      'received a storage that no tensor uses',
    ],
    ['with a storage by number', { keys: '\x80\x02](K\x01e.' }, 'received a storage that no tensor uses'],
    ['that is cut short', { storages: legacyStorage(floats).slice(0, -1) }, 'bytes where'],
    [
      'with a storage of another length',
      { storages: legacyStorage(floats, 7) },
      'received storage "a" of 7 elements, where 6 are due',
    ],
    [
      'with more behind',
      { storages: `${legacyStorage(floats)}\0` },
      'received 1 bytes after the last storage',
    ],
  ])('refuses one %s', (_, parts, words) => expectRefused(legacy({ data: good, ...parts }), words));

  it.each([
    ['of another number', '\x80\x02K\x01.'],
    ['that is none', '\x80\x02\xff\xff'],
  ])('is not known by a pickle %s', (_, magic) => {
    expectRefused(legacy({ data: good, magic }), 'received a file of another format');
  });
});
