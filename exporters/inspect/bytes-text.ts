import { siText } from '../../src/core/si-text.ts';

/** "32 B", "5.76 kB". */
export function bytesText(bytes: number): string {
  const text = siText(bytes);
  return text.includes(' ') ? `${text}B` : `${text} B`;
}
