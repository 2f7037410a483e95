import { quoted } from '../core/errors.ts';
import { MalformedPickle, type PickleInput, simplest, utf8 } from './pickle-input.ts';
import type { Pickled } from './pickle-stack.ts';

/** The value that an opcode and what follows it spell out; undefined for opcodes that are no literals. */
export function readLiteral(opcode: string, input: PickleInput): Pickled | undefined {
  switch (opcode) {
    case 'N':
      return null;
    case '\x88':
      return true;
    case '\x89':
      return false;
    case 'J':
      return input.i32();
    case 'K':
      return input.u8();
    case 'M':
      return input.u16();
    case '\x8a': // LONG1
      return input.integer(input.u8());
    case '\x8b': // LONG4
      return input.integer(input.u32());
    case 'I': // INT, whose 00 and 01 are the booleans
    case 'L': {
      const text = input.line();
      return text === '00' ? false : text === '01' ? true : integer(text);
    }
    case 'G':
      return input.float64();
    case 'F':
      return float(short(input.line()));
    case 'X': // BINUNICODE
    case 'T': // BINSTRING, of Python 2
      return input.text(input.u32());
    case '\x8c': // SHORT_BINUNICODE
    case 'U': // SHORT_BINSTRING
      return input.text(input.u8());
    case '\x8d': // BINUNICODE8
      return input.text(input.u64());
    case 'V': // UNICODE
      return rawUnicode(input.lineBytes());
    case 'S': // STRING, of Python 2
      return quotedString(input.lineBytes());
    case 'C': // SHORT_BINBYTES
      return input.bytes(input.u8());
    case 'B': // BINBYTES
      return input.bytes(input.u32());
    case '\x8e': // BINBYTES8
    case '\x96': // BYTEARRAY8
      return input.bytes(input.u64());
    default:
      return undefined;
  }
}

function short(text: string): string {
  if (text.length > 80) throw new MalformedPickle(`a number of ${text.length} digits`);
  return text;
}

function integer(text: string): number | bigint {
  const digits = /^([-+]?\d+)L?$/.exec(short(text).trim())?.[1];
  if (digits === undefined) throw new MalformedPickle(`the integer ${quoted(text)}`);
  return simplest(BigInt(digits));
}

/** As Python's repr writes floats. */
function float(text: string): number {
  const named: Readonly<Record<string, number>> = {
    ...{ inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY, nan: Number.NaN },
  };
  if (Object.hasOwn(named, text)) return named[text];
  if (!/^-?\d[\d.]*(e[-+]?\d+)?$/.test(text)) throw new MalformedPickle(`the number ${quoted(text)}`);
  return Number(text);
}

const latin1 = (bytes: Uint8Array) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), '');

/** Python's encoding "raw-unicode-escape": Latin-1, and other characters by their numbers. */
function rawUnicode(bytes: Uint8Array): string {
  const escapes = /\\u([\da-fA-F]{4})|\\U(00(?:0[\da-fA-F]|10)[\da-fA-F]{4})/g;
  return latin1(bytes).replace(escapes, (_, four, eight) =>
    String.fromCodePoint(Number.parseInt(four ?? eight, 16)),
  );
}

/** Text in UTF-8, as Python 2's repr writes its bytes. */
function quotedString(bytes: Uint8Array): string {
  const inside = /^(['"])(.*)\1$/s.exec(latin1(bytes))?.[2];
  if (inside === undefined) throw new MalformedPickle('a string without quotes');
  const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  const text = inside.replace(/\\(?:x([\da-f]{2})|(.))/gis, (_, code, other) =>
    code ? String.fromCharCode(Number.parseInt(code, 16)) : (controls[other] ?? other),
  );
  return utf8.decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
}

/** An index in digits. */
export function decimal(text: string): number {
  return Number(integer(text));
}
