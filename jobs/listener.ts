/** Who hears what a job does: jobs print nothing themselves. */
export interface Listener {
  /** Told in one line what is done otherwise than could be expected, or less than could be wished for. */
  readonly onNotice?: (message: string) => void;
  /**
   * Told how far a piece of work is.
   *
   * @param work what is being done, in a few words
   * @param done of `total`, in whatever unit the work has
   */
  readonly onProgress?: (work: string, done: number, total: number) => void;
}
