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

describe('unpickle', () => {
  it.each<[string, string, Pickled]>([
    // python: pickle.dumps(value, protocol), without its memo.
    [
      'protocol 0',
      '(lp0\nI1\naI-70000\naI01\naL12345678901234567890L\naF0.5\naVa\naNa.',
      [1, -70000, true, 12345678901234567890n, 0.5, 'a', null],
    ],
    [
      'numbers',
      '\x80\x02(K\xffM\xff\xffJ\xfe\xff\xff\xff\x8a\x01\x80\x8a\x00G\x3f\xf8\0\0\0\0\0\0\x88\x89t.',
      [255, 65535, -2, -128, 0, 1.5, true, false],
    ],
    [
      'strings',
      '\x80\x04\x95\x0f\0\0\0\0\0\0\0\x8c\x02\xc3\xa9\x94C\x01\xff\x86.',
      ['é', Uint8Array.of(255)],
    ],
    [
      'tuples of one to three',
      '\x80\x02K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87\x87.',
      [[1], [1, 2], [1, 2, 3]],
    ],
    // python: pickle.dumps(['é走🏃\\ \n', inf, -inf, nan, 1e16], 0), and Python 2's of a str.
    [
      'text and numbers of protocol 0',
      "(lp0\nV\xe9\\u8d70\\U0001f3c3\\u005c \\u000a\np1\naFinf\naF-inf\naFnan\naF1e+16\naS'a\\'b\"\\n\\xc3\\xa9\\\\'\na.",
      ['é走🏃\\ \n', Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e16, 'a\'b"\né\\'],
    ],
    ['a byte order mark in a name', 'X\x04\0\0\0\xef\xbb\xbfa.', '\ufeffa'],
    ['a memo', '\x80\x02]q\0(K\x01h\0\x85e.', expect.anything()],
    ['what is taken from the stack', 'K\x012K\x0300\x85.', [1]],
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
    ['an empty stack', '.'],
    ['a missing mark', 't.'],
    ['a mark left in the way', 'K\x01(.'],
    ['an end', ']'],
    ['a string longer than the file', 'X\xff\xff\xff\xff'],
    ['a string of 2^63 bytes', '\x8d\0\0\0\0\0\0\0\x80'],
    ['an integer of 2^31 bytes', '\x8b\xff\xff\xff\x7f.'],
    ['an integer of many digits', `I${'9'.repeat(100_000)}\n.`],
    ['a number that is a word', 'Fabout\n.'],
    ['a string without quotes', 'Sa\n.'],
    ['a memo that is not there', 'h\x07.'],
    ['a key without a value', '}(K\x01u.'],
    ['entries for a list', ']K\x01K\x02s.'],
    ['a call of a number', 'K\x01)R.'],
    ['a call of a storage type', 'ctorch\nFloatStorage\n)R.'],
    ['a name that is a list of itself', ']q\0h\0ah\0\x93.'],
    ['an extension', '\x82\x01.'],
    ['an instance', '(ios\nsystem\n.'],
    ['an out-of-band buffer', '\x97.'],
    ['protocol 6', '\x80\x06.'],
    ['a storage that is none', 'K\x01Q.'],
    ['a Counter of a list', 'ccollections\nCounter\n]\x85R.'],
    ['a device of a number', 'ctorch\ndevice\nK\x01\x85R.'],
    ['a call of torch.Tensor', 'ctorch\nTensor\n)R.'],
    ['a tensor rebuilt by no rebuilder', typed('ccollections\nOrderedDict\n', 'ctorch\nTensor\n')],
    [
      'a tensor rebuilt by its rebuilder',
      typed('ctorch._tensor\n_rebuild_from_type_v2\n', 'ctorch\nTensor\n'),
    ],
    ['a tensor rebuilt as another type', typed('ctorch._utils\n_rebuild_parameter\n', 'ctorch\nSize\n')],
    ['a storage of a long key', `${storage('k'.repeat(101))}.`],
    ['a tensor of no storage', 'ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\0)))t.'.replace('t.', 'tR.')],
  ])('refuses %s', (_, text) => {
    expect(() => run(text)).toThrow(UserError);
    expect(() => run(text)).toThrow(/^fuzz\.pt is not a valid pickle; received [^\n]{1,200}; fetch/);
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
