/** How fast work goes, and how long the rest of it will take at that. */
export class Pace {
  #started = 0;
  #left = 0;
  #done = 0;
  #samples = 0;

  /** @param work what lies ahead, in any unit */
  begin(work: number): void {
    this.#started = performance.now();
    this.#left = work;
  }

  add(samples: number, work: number): void {
    this.#samples += samples;
    this.#done += work;
    this.#left -= work;
  }

  now(): { samplesPerSecond: number; secondsLeft: number } {
    const seconds = (performance.now() - this.#started) / 1000;
    return {
      samplesPerSecond: this.#samples / seconds,
      secondsLeft: (seconds / this.#done) * Math.max(0, this.#left),
    };
  }
}
