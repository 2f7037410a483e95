import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { unpickle } from '../../src/weights/pickle.ts';
import { Opaque, type Pickled, PickledDict } from '../../src/weights/pickle-stack.ts';
import { torchHost } from '../../src/weights/torch-objects.ts';

const host = torchHost(() => expect.unreachable(), 1000, 'fuzz.pt');

/** Runs a pickle whose bytes are the characters of a text. */
function run(text: string): Pickled {
  return unpickle(Uint8Array.from(Buffer.from(text, 'latin1')), 0, host, 'fuzz.pt').value;
}

/** An integer as BININT has it. */
function word(value: number): string {
  return String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
}

/** A storage of one element, as a persistent id has it. */
function storage(key: string): string {
  return `(X\x07\0\0\0storagectorch\nFloatStorage\nX${word(key.length)}${key}X\x03\0\0\0cpuK\x01tQ`;
}

/** A call that rebuilds a tensor of a type, from no arguments. */
function typed(rebuilder: string, type: string): string {
  return `ctorch._tensor\n_rebuild_from_type_v2\n(${rebuilder}${type})NtR.`;
}

/** A value in words, as test/golden/pickles.py has them; what contains itself is told by how far above it is. */
function textOf(value: Pickled, above: readonly Pickled[] = []): string {
  const at = typeof value === 'object' && value !== null ? above.lastIndexOf(value) : -1;
  if (at >= 0) return `^${above.length - 1 - at}`;
  const path = [...above, value];
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, path)).join(', ')}]`;
  if (value instanceof PickledDict) {
    const entries = [...value.entries].map(([key, held]) => `${textOf(key, path)}: ${textOf(held, path)}`);
    return `{${entries.join(', ')}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  return String(value).replace('Infinity', 'inf');
}

describe('unpickle', () => {
  /** Written and read by Python: test/golden/pickles.py. */
  const golden: { name: string; value: string; pickles: Record<string, string> }[] = JSON.parse(
    readFileSync(new URL('../golden/pickles.json', import.meta.url), 'utf8'),
  );
  const cases = golden.flatMap(({ name, value, pickles }) =>
    Object.entries(pickles).map(([protocol, pickle]) => [name, protocol, pickle, value]),
  );
  it.each(cases)('builds %s as Python does (protocol %s)', (_, __, pickle, value) => {
    expect(textOf(run(Buffer.from(pickle, 'base64').toString('latin1')))).toBe(value);
  });

  it('keeps what is used twice one', () => {
    const [first, second] = run(']q\0K\x01ah\0\x86.') as Pickled[];
    expect(first).toEqual([1]);
    expect(second).toBe(first);
  });

  it('reads text, attributes and slices of a file past its start', () => {
    const bytes = Uint8Array.from(Buffer.from('\xff\xff\x8c\x02\xc3\xa9.K\x07', 'latin1'));
    expect(unpickle(bytes, 2, host, 'x')).toEqual({ value: 'é', end: 7 });
    expect(unpickle(bytes.subarray(2), 0, host, 'x')).toEqual({ value: 'é', end: 5 });
  });

  it.each<[string, string, Pickled]>([
    // python: pickle.dumps(['é走🏃\\ \n', inf, -inf, nan, 1e16], 0), and Python 2's of a str.
    [
      'text and numbers of protocol 0',
      "(lp0\nV\xe9\\u8d70\\U0001f3c3\\u005c \\u000a\np1\naFinf\naF-inf\naFnan\naF1e+16\naS'a\\'b\"\\n\\xc3\\xa9\\\\'\na.",
      ['é走🏃\\ \n', Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e16, 'a\'b"\né\\'],
    ],
    ['a byte order mark in a name', 'X\x04\0\0\0\xef\xbb\xbfa.', '\ufeffa'],
  ])('builds %s', (_, text, value) => {
    expect(run(text)).toEqual(value);
  });

  it('builds dicts', () => {
    const dict = run('\x80\x02}(X\x01\0\0\0aK\x01X\x01\0\0\0bK\x02u.') as PickledDict;
    expect(dict).toBeInstanceOf(PickledDict);
    expect([...dict.entries]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    const ordered = run('ccollections\nOrderedDict\n]]K\x01aK\x02aa\x85R.') as PickledDict;
    expect([...ordered.entries]).toEqual([[1, 2]]);
  });

  it.each([
    [
      'collections.Counter',
      'ccollections\nCounter\n}X\x01\0\0\0aK\x02s\x85R.',
      { entries: new Map([['a', 2]]) },
    ],
    ['torch.device', 'ctorch\ndevice\nX\x03\0\0\0cpu\x85R.', 'cpu'],
    ['torch.device of many', 'ctorch\ndevice\nX\x04\0\0\0cudaK\x01\x86R.', 'cuda:1'],
  ])('knows %s', (_, text, value) => {
    const built = run(text);
    expect(built instanceof PickledDict ? { entries: built.entries } : built).toEqual(value);
  });

  it('builds lists that contain themselves', () => {
    const list = run('\x80\x02]q\0h\0a.') as Pickled[];
    expect(list[0]).toBe(list);
  });

  it.each([
    ['os.system', 'cos\nsystem\n(S"true"\ntR.'],
    ['builtins.eval', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93.'],
    ['torch.storage._load_from_bytes', 'ctorch.storage\n_load_from_bytes\n.'],
    ['subprocess.Popen', 'csubprocess\nPopen\n.'],
    ['torch._utils._rebuild_qtensor', 'ctorch._utils\n_rebuild_qtensor\n.'],
  ])('names %s, and does not call it', (name, text) => {
    expect(() => run(text)).toThrow(`received a pickled object of "${name}"; save model.state_dict()`);
  });

  // python: a class's instance by reduce, by __new__ with arguments, with state, items and entries.
  it.each([
    ['numpy.core.multiarray.scalar', 'cnumpy.core.multiarray\nscalar\n(K\x01tR.'],
    ['pathlib.PosixPath', 'cpathlib\nPosixPath\n(U\x01atR.'],
    ['argparse.Namespace', 'cargparse\nNamespace\n)\x81}U\x01aK\x01sb.'],
    ['__main__.__proto__', 'c__main__\n__proto__\n.'],
    ['a.List', 'ca\nList\n)\x81(K\x01K\x02e.'],
    ['a.Keyworded', 'ca\nKeyworded\n)}\x92.'],
    ['builtins.getattr', '\x80\x04\x8c\x08builtins\x8c\x07getattr\x93(ca\nClass\nU\x01atR)R.'],
  ])('leaves %s opaque', (name, text) => {
    const built = run(text);
    expect(built).toBeInstanceOf(Opaque);
    expect((built as Opaque).name).toBe(name);
    expect(host.skipped).toContain(name);
  });

  it('keeps what a dict of another class holds', () => {
    const dict = run('ca\nAttributeDict\n)\x81(U\x01aK\x01u.') as Opaque;
    expect([...dict.entries]).toEqual([['a', 1]]);
  });

  it.each([
    ['nothing', '', 'an end where 1 bytes were due'],
    ['an empty stack', '.', 'an empty stack'],
    ['a second item from a stack of one', 'K\x01\x86.', 'an empty stack'],
    ['a missing mark', 't.', 'a missing mark'],
    ['a mark left in the way', 'K\x01(.', 'an empty stack'],
    ['an end', ']', 'an end where 1 bytes were due'],
    ['a string longer than the file', 'X\xff\xff\xff\xff', 'an end where 4294967295 bytes were due'],
    ['a string longer than the file by a byte', 'X\x03\0\0\0ab', 'an end where 3 bytes were due'],
    ['a string of 2^63 bytes', '\x8d\0\0\0\0\0\0\0\x80', 'a length of 9223372036854775808'],
    [
      'a string of 2^53 − 1 bytes',
      '\x8d\xff\xff\xff\xff\xff\xff\x1f\0',
      'an end where 9007199254740991 bytes were due',
    ],
    ['a line without an end', 'I12', 'a line without an end'],
    ['an integer of 2^31 bytes', '\x8b\xff\xff\xff\x7f.', 'an integer of 2147483647 bytes'],
    ['an integer of 33 bytes', `\x8a\x21${'\0'.repeat(33)}.`, 'an integer of 33 bytes'],
    ['an integer of many digits', `I${'9'.repeat(100_000)}\n.`, 'a number of 100000 digits'],
    ['an integer of 81 digits', `L${'9'.repeat(81)}\n.`, 'a number of 81 digits'],
    ['a float of many digits', `F${'9'.repeat(81)}\n.`, 'a number of 81 digits'],
    ['a number that is a word', 'Fabout\n.', 'the number "about"'],
    ['a string without quotes', 'Sa\n.', 'a string without quotes'],
    ['an integer in words', 'Ione\n.', 'the integer "one"'],
    ['an integer and more', 'I1 2\n.', 'the integer "1 2"'],
    ['a place in words', ']pone\n.', 'the integer "one"'],
    ['a memo that is not there', 'h\x07.', 'no memo 7'],
    ['a memo of nothing', 'q\0.', 'an empty stack'],
    ['a key without a value', '}(K\x01u.', 'a key without a value'],
    ['a dict with a key without a value', '(K\x01K\x02K\x03d.', 'a key without a value'],
    ['entries for a list', ']K\x01K\x02s.', 'entries for what is no dict'],
    ['an item for a dict', '}K\x01a.', 'items for what is no list'],
    ['an item for text', 'U\x01aK\x01a.', 'items for what is no list'],
    ['a call of a number', 'K\x01)R.', 'a call of what is no function'],
    ['a call of nothing', 'N)R.', 'a call of what is no function'],
    ['a call of a storage type', 'ctorch\nFloatStorage\n)R.', 'a call of what is no function'],
    ['a call without arguments', 'ccollections\nOrderedDict\nK\x01R.', 'a call without its arguments'],
    ['a name that is a list of itself', ']q\0h\0ah\0\x93.', 'a name that is no text'],
    ['a name of a number', 'U\x01aK\x01\x93.', 'a name that is no text'],
    ['a name in a number', 'K\x01U\x01a\x93.', 'a name that is no text'],
    ['an extension', '\x82\x01.', 'the opcode "�"'],
    ['an instance', '(ios\nsystem\n.', 'the opcode "i"'],
    ['an out-of-band buffer', '\x97.', 'the opcode "�"'],
    ['protocol 6', '\x80\x06N.', 'a protocol above 5'],
    ['attributes of nothing', 'Nb.', 'an empty stack'],
    ['a storage that is none', 'K\x01Q.', 'a persistent id of no storage'],
    ['a storage in text', 'Pstorage\n.', 'a persistent id of no storage'],
    [
      'an OrderedDict of a number',
      'ccollections\nOrderedDict\nK\x01\x85R.',
      'an OrderedDict of what is no list',
    ],
    ['an OrderedDict of text', 'ccollections\nOrderedDict\n]U\x02aba\x85R.', 'an OrderedDict of no pairs'],
    ['an OrderedDict of threes', 'ccollections\nOrderedDict\n]NNN\x87a\x85R.', 'an OrderedDict of no pairs'],
    ['a Counter of a list', 'ccollections\nCounter\n]\x85R.', 'a Counter of what is no dict'],
    ['a device of a number', 'ctorch\ndevice\nK\x01\x85R.', 'a device without a name'],
    ['a call of torch.Tensor', 'ctorch\nTensor\n)R.', 'a call of what is no function'],
    [
      'a tensor rebuilt by no rebuilder',
      typed('ccollections\nOrderedDict\n', 'ctorch\nTensor\n'),
      'a tensor of an unknown type',
    ],
    [
      'a tensor rebuilt by its rebuilder',
      typed('ctorch._tensor\n_rebuild_from_type_v2\n', 'ctorch\nTensor\n'),
      'a tensor of an unknown type',
    ],
    [
      'a tensor rebuilt as another type',
      typed('ctorch._utils\n_rebuild_parameter\n', 'ctorch\nSize\n'),
      'a tensor of an unknown type',
    ],
    [
      'a tensor rebuilt from a number',
      'ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter\nctorch\nTensor\nK\x01NtR.',
      'a tensor of an unknown type',
    ],
    ['a storage of a long key', `${storage('k'.repeat(101))}.`, 'a storage whose key has 101 characters'],
    ['a tensor of no storage', 'ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\0))tR.', 'a tensor of no storage'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => run(text)).toThrow(UserError);
    expect(() => run(text)).toThrow(`fuzz.pt is not a valid pickle; received ${reason}, before byte `);
    expect(() => run(text)).toThrow(/^[^\n]{1,300}; fetch or write the file again$/);
  });

  it('says before which byte it is wrong', () => {
    expect(() => run('K\x01K\x02\x82\x01.')).toThrow('the opcode "�", before byte 5;');
  });

  it.each([
    ['an integer of 79 digits', `L${'9'.repeat(79)}L\n.`, BigInt('9'.repeat(79))],
    ['an integer of 32 bytes', `\x8a\x20${'\0'.repeat(31)}\x40.`, 2n ** 254n],
    ['a signed one', 'I+7\n.', 7],
    ['one in a line that ends in another way', 'I7\r\n.', 7],
  ])('reads %s', (_, text, value) => {
    expect(run(text)).toBe(value);
  });

  it.each([
    ['_rebuild_tensor_v2', 'neg', 'NNNNNN'],
    ['_rebuild_tensor_v3', 'conj', 'NNNNNNctorch\nfloat32\n'],
  ])('refuses a tensor that %s is told to mark as %s', (name, mark, before) => {
    const call = (value: string) =>
      `ctorch._utils\n${name}\n(${before}}X${word(mark.length)}${mark}${value}stR.`;
    expect(() => run(call('\x88'))).toThrow(
      /^fuzz\.pt must hold the values .*; save it after tensor\.resolve_/,
    );
    expect(() => run(call('\x89'))).toThrow(/a tensor of no storage/);
  });

  it('refuses five million instructions', () => {
    expect(() => run('0'.padStart(5_000_000, ']'))).toThrow(/more than 4000000 steps/);
  });

  it('refuses a list copied over and over', () => {
    // A list of 100,000 pairs, of which each call makes another dict.
    const list = `](${`]K\x01aK\x02aq\x01`}${'h\x01'.repeat(100_000)}eq\0`;
    const copies = 'h\x02h\0\x85R0'.repeat(1000);
    expect(() => run(`ccollections\nOrderedDict\nq\x02${list}${copies}.`)).toThrow(/more than 4000000 steps/);
  });

  it('builds a million nested lists without recursing', () => {
    expect(run(`${']'.repeat(1_000_000)}${'a'.repeat(999_999)}.`)).toHaveLength(1);
  });

  it('keeps integers that a number cannot hold', () => {
    expect(run(`\x8a\x09\0\0\0\0\0\0\0\0\x01.`)).toBe(2n ** 64n);
    expect(run(`J${word(-1)}.`)).toBe(-1);
  });
});
