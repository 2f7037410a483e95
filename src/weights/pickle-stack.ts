import { MalformedPickle } from './pickle-input.ts';

/** What a pickle builds. Lists, tuples and sets are arrays; integers that a number cannot hold are bigints. */
export type Pickled = null | boolean | number | bigint | string | object;

/** A Python dict, or one of its kind. */
export class PickledDict {
  // Made when the first entry comes: an empty one costs a pickle a single byte.
  #entries: Map<Pickled, Pickled> | undefined;

  get entries(): ReadonlyMap<Pickled, Pickled> {
    return this.#entries ?? new Map();
  }

  set(key: Pickled, value: Pickled): void {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  /** Sets what a list of keys and values in turn says. */
  setAll(items: readonly Pickled[]): void {
    if (items.length % 2 === 1) throw new MalformedPickle('a key without a value');
    for (let i = 0; i < items.length; i += 2) this.set(items[i], items[i + 1]);
  }
}

/**
 * An object of a class, or a function, that we know nothing of but its name: whatever a pickle does with it, nothing
 * happens. What it takes in as a dict would is kept, as a class of that kind may hold weights.
 */
export class Opaque extends PickledDict {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
}

/** The stack of a pickle machine, with its marks, and the memo of what is used again. */
export class PickleStack {
  readonly #items: Pickled[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Pickled>();

  push(value: Pickled): void {
    this.#items.push(value);
  }

  /** Takes the topmost item, which must lie above the last mark. */
  pop(): Pickled {
    const value = this.top();
    this.#items.pop();
    return value;
  }

  top(): Pickled {
    if (this.#items.length <= (this.#marks.at(-1) ?? 0)) throw new MalformedPickle('an empty stack');
    return this.#items[this.#items.length - 1];
  }

  mark(): void {
    this.#marks.push(this.#items.length);
  }

  /** Takes the last mark and all above it. */
  popMark(): Pickled[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new MalformedPickle('a missing mark');
    return this.#items.splice(mark);
  }

  /** The topmost item, which must be a list. */
  list(): Pickled[] {
    const list = this.top();
    if (list instanceof Opaque) return [];
    if (!Array.isArray(list)) throw new MalformedPickle('items for what is no list');
    return list;
  }

  /** The topmost item, which must be a dict. */
  dict(): PickledDict {
    const dict = this.top();
    if (!(dict instanceof PickledDict)) throw new MalformedPickle('entries for what is no dict');
    return dict;
  }

  put(key: number): void {
    this.#memo.set(key, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw new MalformedPickle(`no memo ${key}`);
    this.push(value);
  }
}
