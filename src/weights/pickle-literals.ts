import { quoted } from '../core/errors.ts';
import { MalformedPickle, type PickleInput, simplest } from './pickle-input.ts';
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
      return Number(short(input.line()));
    case 'X': // BINUNICODE
    case 'T': // BINSTRING, of Python 2
      return input.text(input.u32());
    case '\x8c': // SHORT_BINUNICODE
    case 'U': // SHORT_BINSTRING
      return input.text(input.u8());
    case '\x8d': // BINUNICODE8
      return input.text(input.u64());
    case 'V': // UNICODE
    case 'S': // STRING
      return input.line();
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

/** An index in digits. */
export function decimal(text: string): number {
  return Number(integer(text));
}
