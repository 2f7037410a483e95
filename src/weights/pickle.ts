/**
 * A reader of Python's pickles, protocols 0 to 5, that can only build data: names of the program's are looked up by
 * whoever calls it, and nothing else ever stands for a call. Opcodes: Lib/pickletools.py of CPython.
 */
import { quoted, UserError } from '../core/errors.ts';
import { MalformedPickle, PickleInput } from './pickle-input.ts';
import { decimal, readLiteral } from './pickle-literals.ts';
import { Opaque, type Pickled, PickledDict, PickleStack } from './pickle-stack.ts';

/** A class or function of Python's that a pickle may name, and what stands for calling it; null where nothing does. */
export interface PickledGlobal {
  readonly name: string;
  readonly call: ((args: readonly Pickled[]) => Pickled) | null;
}

/** What a pickle's names mean. Both may throw MalformedPickle. */
export interface PickleHost {
  /** @returns undefined for names that are not allowed, and something opaque for those that do not matter */
  global(name: string): PickledGlobal | Opaque | undefined;
  /** The object that a persistent id stands for. */
  persistent(id: Pickled): Pickled;
}

/** The instructions a pickle may take, and items it may have copied: some thirty describe a tensor. */
const mostSteps = 4_000_000;

/**
 * Runs the pickle that starts at byte `start`.
 *
 * @param source what to call the file in error messages
 * @returns what it builds, and the byte after its end. Lists and dicts may contain themselves.
 * @throws UserError when it is damaged, takes more than 4 million steps, or names what the host does not allow
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  host: PickleHost,
  source: string,
): { value: Pickled; end: number } {
  const machine = new Machine(bytes, start, host, source);
  try {
    return { value: machine.run(), end: machine.at };
  } catch (error) {
    // Anything else would be a mistake of ours.
    if (!(error instanceof MalformedPickle)) throw error;
    throw new UserError(`${source} is not a valid pickle`, {
      received: `${error.message}, before byte ${machine.at}`,
      remedy: 'fetch or write the file again',
    });
  }
}

class Machine {
  readonly #input: PickleInput;
  readonly #host: PickleHost;
  readonly #source: string;
  readonly #stack = new PickleStack();
  #steps = 0;

  constructor(bytes: Uint8Array, start: number, host: PickleHost, source: string) {
    this.#input = new PickleInput(bytes, start);
    this.#host = host;
    this.#source = source;
  }

  get at(): number {
    return this.#input.at;
  }

  run(): Pickled {
    for (;;) {
      this.#count(1);
      const opcode = String.fromCharCode(this.#input.u8());
      if (opcode === '.') return this.#stack.pop();
      const known = this.#literal(opcode) || this.#collect(opcode) || this.#remember(opcode);
      if (!known && !this.#build(opcode)) throw new MalformedPickle(`the opcode ${quoted(opcode)}`);
    }
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > mostSteps) throw new MalformedPickle(`more than ${mostSteps} steps`);
  }

  /** Numbers, strings and bytes. @returns false for opcodes of another kind, as all of these do */
  #literal(opcode: string): boolean {
    const value = readLiteral(opcode, this.#input);
    if (value !== undefined) this.#stack.push(value);
    return value !== undefined;
  }

  /** Lists, tuples, sets and dicts. */
  #collect(opcode: string): boolean {
    const stack = this.#stack;
    switch (opcode) {
      case '(':
        stack.mark();
        return true;
      case ']':
      case ')':
      case '\x8f': // EMPTY_SET
        stack.push([]);
        return true;
      case 'l': // LIST
      case 't': // TUPLE
      case '\x91': // FROZENSET
        stack.push(stack.popMark());
        return true;
      case '\x85': // TUPLE1, TUPLE2, TUPLE3
      case '\x86':
      case '\x87': {
        const items = Array.from({ length: opcode.charCodeAt(0) - 0x84 }, () => stack.pop());
        stack.push(items.reverse());
        return true;
      }
      case 'a': {
        const item = stack.pop();
        stack.list().push(item);
        return true;
      }
      case 'e': // APPENDS
      case '\x90': {
        // ADDITEMS
        const items = stack.popMark();
        const list = stack.list();
        for (const item of items) list.push(item);
        return true;
      }
      case '}':
        stack.push(new PickledDict());
        return true;
      case 'd': {
        const dict = new PickledDict();
        dict.setAll(stack.popMark());
        stack.push(dict);
        return true;
      }
      case 's': {
        const value = stack.pop();
        const key = stack.pop();
        stack.dict().set(key, value);
        return true;
      }
      case 'u': {
        const items = stack.popMark();
        stack.dict().setAll(items);
        return true;
      }
      default:
        return false;
    }
  }

  /** The stack itself, and the memo. */
  #remember(opcode: string): boolean {
    const [stack, input] = [this.#stack, this.#input];
    switch (opcode) {
      case '0':
        stack.pop();
        return true;
      case '1':
        stack.popMark();
        return true;
      case '2':
        stack.push(stack.top());
        return true;
      case 'p':
        stack.put(decimal(input.line()));
        return true;
      case 'q':
        stack.put(input.u8());
        return true;
      case 'r':
        stack.put(input.u32());
        return true;
      case '\x94':
        stack.memoize();
        return true;
      case 'g':
        stack.get(decimal(input.line()));
        return true;
      case 'h':
        stack.get(input.u8());
        return true;
      case 'j':
        stack.get(input.u32());
        return true;
      case '\x80': // PROTO
        if (input.u8() > 5) throw new MalformedPickle('a protocol above 5');
        return true;
      case '\x95': // FRAME
        input.u64();
        return true;
      default:
        return false;
    }
  }

  /** Objects of classes. */
  #build(opcode: string): boolean {
    const [stack, input] = [this.#stack, this.#input];
    switch (opcode) {
      case 'c':
        stack.push(this.#global(input.line(), input.line()));
        return true;
      case '\x93': {
        // STACK_GLOBAL
        const name = stack.pop();
        stack.push(this.#global(stack.pop(), name));
        return true;
      }
      case 'R': // REDUCE
      case '\x81': {
        // NEWOBJ
        const args = stack.pop();
        stack.push(this.#call(stack.pop(), args));
        return true;
      }
      case '\x92': {
        // NEWOBJ_EX: with keyword arguments
        stack.pop();
        const args = stack.pop();
        stack.push(this.#call(stack.pop(), args));
        return true;
      }
      case 'b': // BUILD: attributes, of which data has none that matter
        stack.pop();
        stack.top();
        return true;
      case 'P':
        stack.push(this.#host.persistent(input.line()));
        return true;
      case 'Q':
        stack.push(this.#host.persistent(stack.pop()));
        return true;
      default:
        return false;
    }
  }

  #global(module: Pickled, name: Pickled): Pickled {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new MalformedPickle('a name that is no text');
    const full = `${module}.${name}`;
    const found = this.#host.global(full);
    if (found) return found;
    throw new UserError(`${this.#source} must hold weights only, so that reading it executes nothing`, {
      received: `a pickled object of ${quoted(full)}`,
      remedy: 'save model.state_dict() alone with torch.save, or use safetensors',
    });
  }

  #call(callee: Pickled, args: Pickled): Pickled {
    if (callee instanceof Opaque) return new Opaque(callee.name);
    if (!isGlobal(callee) || !callee.call) throw new MalformedPickle('a call of what is no function');
    if (!Array.isArray(args)) throw new MalformedPickle('a call without its arguments');
    // What is copied counts, or a short pickle could have a long list copied over and over.
    for (const arg of args) if (Array.isArray(arg)) this.#count(arg.length);
    return callee.call(args);
  }
}

function isGlobal(value: Pickled): value is PickledGlobal {
  return typeof value === 'object' && value !== null && 'call' in value && 'name' in value;
}
