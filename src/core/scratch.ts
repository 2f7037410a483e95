/**
 * Memory that is used again. Whoever makes large tensors one after the other offers it: new memory for each costs as
 * much as a good part of the arithmetic, in page faults and collection.
 */
export class Scratch {
  #memory = new Float32Array(0);

  /** Elements of any value, valid until the next call. */
  floats(length: number): Float32Array {
    if (this.#memory.length < length) this.#memory = new Float32Array(length);
    return this.#memory.subarray(0, length);
  }
}
