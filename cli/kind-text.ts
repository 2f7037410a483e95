import type { KindValue } from '../src/core/kind.ts';

/**
 * A kind as it is typed, its name and then its options, as a value that is still to be checked.
 *
 * @example typedKind('warm-up steps=20 after=cosine'); // { kind: 'warm-up', options: { steps: 20, after: 'cosine' } }
 */
export function typedKind(text: string): KindValue {
  const [kind, ...options] = text.trim().split(/\s+/);
  return { kind, options: Object.fromEntries(options.map((option) => optionOf(option))) };
}

/** A value is JSON, or else the text itself. */
function optionOf(text: string): [string, unknown] {
  const at = text.indexOf('=');
  const [key, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  try {
    return [key, JSON.parse(value)];
  } catch {
    return [key, value];
  }
}
