/** Why an image file is not decoded, found by looking at its bytes: Node and browsers make their `UserError` of it. */
export class ImageFault extends Error {
  readonly received: string;
  readonly remedy: string;
  readonly truncated: boolean;

  /**
   * @param received what the file is, as it stands in an error
   * @param remedy what to do about it
   * @param truncated whether the file is a good one but for its end
   */
  constructor(received: string, remedy: string, truncated = false) {
    super(received);
    this.received = received;
    this.remedy = remedy;
    this.truncated = truncated;
    this.name = 'ImageFault';
  }
}

/** A file whose end is missing. @param received how much of it there is */
export function truncated(received: string): ImageFault {
  return new ImageFault(received, 'the file is truncated: get it again', true);
}

/** A file with wrong bytes in it. */
export function damaged(received: string): ImageFault {
  return new ImageFault(received, 'the file is damaged: get it again');
}

/** A valid file of a kind that is not decoded here. */
export function unsupported(received: string, remedy: string): ImageFault {
  return new ImageFault(`${received}, which is not supported`, remedy);
}

/** What there is of something, as `96 of 240 rows (40 %)`. */
export function share(part: number, whole: number, unit: string): string {
  return `${part} of ${whole} ${unit} (${Math.floor((100 * part) / whole)} %)`;
}
