/**
 * Memory that is used again. Whoever makes large elements one tensor after the other offers it, since new memory for
 * each costs more than the arithmetic: the export of ResNet-152 takes a fifth less time with it (`bench/export`).
 */
export class Scratch {
  #memory = new Float32Array(0);

  /** Elements of any value, valid until the next call. */
  floats(length: number): Float32Array {
    if (this.#memory.length < length) this.#memory = new Float32Array(length);
    return this.#memory.subarray(0, length);
  }
}
