import { expect, it } from 'vitest';
import { unpickle } from '../../src/weights/pickle.ts';
import { type Pickled, PickledDict } from '../../src/weights/pickle-stack.ts';
import { torchHost } from '../../src/weights/torch-objects.ts';
import { answers } from '../fuzz.ts';
import { fc, runs } from '../properties.ts';

/** What Python would pickle: lists and tuples are told apart, and dicts from either. */
type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly list: readonly Value[] }
  | { readonly tuple: readonly Value[] }
  | { readonly dict: readonly (readonly [string, Value])[] };

const character = fc.oneof(
  fc.constantFrom('a', 'weight', '.', '\\', '\n', '"', "'", 'é', '走', '🏃', '\ufeff', '\\u0041'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = fc.string({ unit: character, maxLength: 6 });
const integer = fc.oneof(
  fc.constantFrom(
    0n,
    255n,
    256n,
    65535n,
    65536n,
    2n ** 31n - 1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 52n,
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n),
    -(2n ** 53n) - 1n,
    -1n,
    127n,
    128n,
    -128n,
  ),
  fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }),
);
const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    integer,
    fc.double(),
    text,
    fc.uint8Array({ maxLength: 4 }),
    fc.record({ list: fc.array(tie('value'), { maxLength: 4 }) }),
    fc.record({ tuple: fc.array(tie('value'), { maxLength: 4 }) }),
    fc.record({
      dict: fc.uniqueArray(fc.tuple(text, tie('value')), { maxLength: 3, selector: ([key]) => key }),
    }),
  ),
}));

/** Writes pickles in all the ways there are, by Lib/pickletools.py; `choose` says in which. Characters stand for bytes. */
class Pickler {
  readonly #choose: (ways: number) => number;
  #memos = 0;

  constructor(choose: (ways: number) => number) {
    this.#choose = choose;
  }

  dump(value: Value): string {
    const header = ['', '\x80\x02', '\x80\x04\x95\0\0\0\0\0\0\0\0'][this.#choose(3)];
    return `${header}${this.#remembered(value)}.`;
  }

  /** Now and then put into the memo, thrown away and fetched again. */
  #remembered(value: Value): string {
    const plain = this.#value(value);
    const key = this.#memos;
    switch (this.#choose(8)) {
      case 0:
        this.#memos += 1;
        return `${plain}q${little(key, 1)}0h${little(key, 1)}`;
      case 1:
        this.#memos += 1;
        return `${plain}r${little(key, 4)}0j${little(key, 4)}`;
      case 2:
        this.#memos += 1;
        return `${plain}p${key}\n0g${key}\n`;
      case 3:
        return `${plain}20`;
      default:
        return plain;
    }
  }

  #value(value: Value): string {
    if (value === null) return 'N';
    if (typeof value === 'boolean') return this.#one(value ? ['\x88', 'I01\n'] : ['\x89', 'I00\n']);
    if (typeof value === 'bigint') return this.#integer(value);
    if (typeof value === 'number') return this.#one([`F${python(value)}\n`, `G${bigDouble(value)}`]);
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof Uint8Array) {
      const content = Buffer.from(value).toString('latin1');
      const { length } = content;
      return this.#one(['C', 'B', '\x8e'].map((code, i) => code + little(length, [1, 4, 8][i]) + content));
    }
    if ('dict' in value) return this.#dict(value.dict);
    return 'list' in value ? this.#list(value.list) : this.#tuple(value.tuple);
  }

  #integer(value: bigint): string {
    const bytes = longBytes(value);
    const ways = [
      `L${value}L\n`,
      `I${value}\n`,
      `\x8a${little(bytes.length, 1)}${bytes}`,
      `\x8b${little(bytes.length, 4)}${bytes}`,
    ];
    if (value >= 0n && value < 256n) ways.push(`K${little(Number(value), 1)}`);
    if (value >= 0n && value < 65536n) ways.push(`M${little(Number(value), 2)}`);
    if (BigInt.asIntN(32, value) === value) ways.push(`J${little(Number(BigInt.asUintN(32, value)), 4)}`);
    return this.#one(ways);
  }

  #text(value: string): string {
    const content = Buffer.from(value).toString('latin1');
    const escaped = value.replace(/[\\\n]|[^\0-\xff]/gu, (letter) => {
      const code = letter.codePointAt(0)!.toString(16);
      return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
    });
    const controls: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    const repr = content.replace(/[\\'\n\r\t]|[^ -~]/g, (byte) => {
      if (/[\\']/.test(byte)) return `\\${byte}`;
      return controls[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
    });
    const counted = ['\x8c', 'U', 'X', 'T', '\x8d'].map(
      (code, i) => code + little(content.length, [1, 1, 4, 4, 8][i]) + content,
    );
    return this.#one([...counted, `V${escaped}\n`, `S'${repr}'\n`]);
  }

  #list(items: readonly Value[]): string {
    const each = items.map((item) => this.#remembered(item));
    return this.#one([
      `(${each.join('')}l`,
      `](${each.join('')}e`,
      `]${each.map((item) => `${item}a`).join('')}`,
    ]);
  }

  #tuple(items: readonly Value[]): string {
    const each = items.map((item) => this.#remembered(item)).join('');
    const short = [')', `${each}\x85`, `${each}\x86`, `${each}\x87`][items.length];
    return this.#one([`(${each}t`, ...(short ? [short] : [])]);
  }

  #dict(entries: readonly (readonly [string, Value])[]): string {
    const each = entries.map(([key, value]) => this.#text(key) + this.#remembered(value));
    return this.#one([
      `(${each.join('')}d`,
      `}(${each.join('')}u`,
      `}${each.map((entry) => `${entry}s`).join('')}`,
    ]);
  }

  #one(ways: readonly string[]): string {
    return ways[this.#choose(ways.length)];
  }
}

function little(value: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, i) =>
    String.fromCharCode(Math.floor(value / 256 ** i) % 256),
  ).join('');
}

/** The fewest bytes of two's complement; none for zero. */
function longBytes(value: bigint): string {
  let bytes = '';
  while (BigInt.asIntN(8 * bytes.length, value) !== value) {
    bytes += String.fromCharCode(Number((value >> BigInt(8 * bytes.length)) & 0xffn));
  }
  return bytes;
}

function bigDouble(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('latin1');
}

function python(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** What is to come of a value, and what came, in one form. */
function expected(value: Value): unknown {
  if (typeof value === 'bigint') return value >= -(2n ** 53n) && value < 2n ** 53n ? Number(value) : value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if ('dict' in value) return { dict: value.dict.map(([key, one]) => [key, expected(one)]) };
  return ('list' in value ? value.list : value.tuple).map(expected);
}

function built(value: Pickled): unknown {
  if (value instanceof PickledDict)
    return { dict: [...value.entries].map(([key, one]) => [key, built(one)]) };
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  return Array.isArray(value) ? value.map(built) : value;
}

const host = torchHost(() => expect.unreachable(), 1000, 'fuzz.pt');
const bytesOf = (pickle: string) => new Uint8Array(Buffer.from(pickle, 'latin1'));

/** A value, and a pickle of it in one of the ways there are. */
const pickle = fc
  .tuple(anyValue, fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 20 }))
  .map(([value, tape]) => {
    let at = 0;
    return { value, text: new Pickler((ways) => tape[at++ % tape.length] % ways).dump(value) };
  });

it('builds the value that was pickled, in whichever opcodes, and says where its pickle ends', () => {
  fc.assert(
    fc.property(pickle, fc.string({ maxLength: 3 }), ({ value, text }, before) => {
      const start = Buffer.from(before, 'latin1').length;
      const read = unpickle(bytesOf(`${before}${text}after`), start, host, 'fuzz.pt');
      expect(built(read.value)).toEqual(expected(value));
      expect(read.end).toBe(start + text.length);
    }),
    runs(500),
  );
});

it('of a pickle that is cut anywhere, one line is said', () => {
  fc.assert(
    fc.property(pickle, fc.nat(999), ({ text }, share) => {
      const cut = text.slice(0, Math.floor((share * text.length) / 1000));
      expect(answers(() => unpickle(bytesOf(cut), 0, host, 'fuzz.pt'))).toBe(false);
    }),
    runs(300),
  );
});
