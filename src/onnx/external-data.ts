import { UserError } from '../core/errors.ts';
import { Scratch } from '../core/scratch.ts';
import type { LazyBytes } from './proto.ts';

/** Tensors begin at multiples of a page, so that they can be mapped into memory as they are. */
const alignment = 4096;

/** Of an array of bytes in any JavaScript engine. */
const largestWhole = 2 ** 32;

/** Smaller tensors stay in the model's file: a page for each would be mostly empty. */
export const smallestOutside = alignment;

/** The file that holds a model's tensors, made piece by piece as it is written. */
export class ExternalData {
  readonly #parts: { readonly offset: number; readonly content: LazyBytes }[] = [];
  #end = 0;

  get byteLength(): number {
    return this.#end;
  }

  /** Takes in a tensor. @returns where it will begin */
  add(content: LazyBytes): number {
    const offset = Math.ceil(this.#end / alignment) * alignment;
    this.#parts.push({ offset, content });
    this.#end = offset + content.byteLength;
    return offset;
  }

  /** The file in order; one tensor is in memory at a time. Each chunk is valid until the next one. */
  *chunks(): Generator<Uint8Array> {
    const scratch = new Scratch();
    let at = 0;
    for (const { offset, content } of this.#parts) {
      if (offset > at) yield new Uint8Array(offset - at);
      const bytes = content.bytes(scratch);
      if (bytes.byteLength !== content.byteLength) {
        throw new Error(`a tensor announced as ${content.byteLength} bytes has ${bytes.byteLength}`);
      }
      yield bytes;
      at = offset + bytes.byteLength;
    }
  }

  /** The file as a whole. */
  whole(): Uint8Array<ArrayBuffer> {
    if (this.#end > largestWhole) {
      throw new UserError('weights of more than 4 GiB cannot be held in memory at once', {
        received: `${this.#end} bytes`,
        remedy: 'write them from code, chunk by chunk',
      });
    }
    const whole = new Uint8Array(this.#end);
    const scratch = new Scratch();
    for (const { offset, content } of this.#parts) whole.set(content.bytes(scratch), offset);
    return whole;
  }
}
