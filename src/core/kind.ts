import { z } from 'zod';
import { nearestNames } from './nearest-names.ts';
import { schemaFault } from './schema-fault.ts';

/** A choice as plain data, so that a file can keep it: `{ kind: 'adam', options: { beta1: 0.9, … } }`. */
export interface KindValue {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** One way of doing something: what it is called, which options it takes, and how these become the thing that works. */
export interface Kind<Thing> {
  readonly kind: string;
  /** One line for lists. */
  readonly title: string;
  /** @param inner the schema of a value inside, for kinds that are made of others of their sort */
  options(inner: z.ZodType<KindValue>): z.ZodObject;
  /** @param inner makes the thing of a value inside */
  make(options: never, inner: (value: KindValue) => Thing): Thing;
}

interface Definition<Schema extends z.ZodObject, Thing> {
  readonly kind: string;
  readonly title: string;
  readonly options: (inner: z.ZodType<KindValue>) => Schema;
  readonly make: (options: z.infer<Schema>, inner: (value: KindValue) => Thing) => Thing;
}

const anyValue: z.ZodType<KindValue> = z.strictObject({
  kind: z.string(),
  options: z.record(z.string(), z.unknown()),
});

/**
 * A kind, which as a function makes a value of it.
 *
 * @example
 * const adam = defineKind({ kind: 'adam', title: 'Adam', options: () => z.strictObject({ … }), make: (options) => … });
 * adam({ beta1: 0.8 }); // { kind: 'adam', options: { beta1: 0.8, beta2: 0.999, … } }
 */
export function defineKind<Schema extends z.ZodObject, Thing>(
  definition: Definition<Schema, Thing>,
): Kind<Thing> & ((options?: z.input<Schema>) => KindValue) {
  const value = (options = {}): KindValue => ({
    kind: definition.kind,
    options: definition.options(anyValue).parse(options),
  });
  return Object.assign(value, definition);
}

/** An option of a kind, for lists. */
export interface KindOption {
  readonly name: string;
  /** What it is where it is left out; undefined where it has to be given, or is nothing then. */
  readonly default: unknown;
  readonly isRequired: boolean;
}

/** The options of a kind, in the order of its schema. */
export function optionsOf<Thing>(kind: Kind<Thing>): KindOption[] {
  return Object.entries(kind.options(anyValue).shape).map(([name, schema]) => {
    const absent = z.safeParse(schema as z.ZodType, undefined);
    return { name, default: absent.data, isRequired: !absent.success };
  });
}

/** The kinds of one sort: what reads a value of any of them, and makes it work. */
export class Kinds<Thing> {
  readonly #kinds: ReadonlyMap<string, Kind<Thing>>;
  readonly #noun: string;
  /**
   * Takes a value of any of the kinds, with every option in its place: those left out at their defaults. A bare name
   * stands for a kind as it comes.
   */
  readonly schema: z.ZodType<KindValue>;

  /** @param noun what the kinds are, for error messages: "optimizer" */
  constructor(noun: string, kinds: readonly Kind<Thing>[]) {
    this.#noun = noun;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    if (this.#kinds.size !== kinds.length) throw new Error(`two kinds of ${noun} share a name`);
    this.schema = z.unknown().transform((value, context) => {
      const parsed = this.#parse(value);
      if (!('fault' in parsed)) return parsed;
      context.addIssue({ code: 'custom', message: parsed.fault, path: parsed.path });
      return z.NEVER;
    });
  }

  get all(): Kind<Thing>[] {
    return [...this.#kinds.values()];
  }

  /** @throws Error for a value that `schema` has not taken */
  make(value: KindValue): Thing {
    const kind = this.#kinds.get(value.kind);
    if (!kind) throw new Error(`unknown ${this.#noun} ${value.kind}`);
    return kind.make(value.options as never, (inner) => this.make(inner));
  }

  #parse(value: unknown): KindValue | { fault: string; path: string[] } {
    const { kind, options = {}, ...others } = typeof value === 'string' ? { kind: value } : Object(value);
    const found = this.#kinds.get(kind);
    if (!found) {
      const near = typeof kind === 'string' ? nearestNames(kind, [...this.#kinds.keys()]) : [];
      const meant =
        near.length > 0
          ? `did you mean ${near.join(' or ')}?`
          : `known: ${[...this.#kinds.keys()].join(', ')}`;
      return {
        fault: `there is no ${this.#noun} ${JSON.stringify(kind) ?? 'without a kind'}; ${meant}`,
        path: [],
      };
    }
    const [other] = Object.keys(others);
    if (other !== undefined) return { fault: 'there is no such key; known: kind, options', path: [other] };
    const schema = found.options(this.schema);
    const parsed = schema.safeParse(options);
    if (parsed.success) return { kind, options: parsed.data };
    return { fault: `of ${kind}: ${schemaFault(parsed.error, schema)}`, path: ['options'] };
  }
}
