/** HTML that needs no more escaping. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | null | readonly Part[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => escapes[character]);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(render).join('');
}

/**
 * A template for HTML: text put into it is escaped, other templates and lists of them are not.
 *
 * @example html`<p>${title}</p>`.markup
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return { markup: strings.map((text, i) => text + (i < parts.length ? render(parts[i]) : '')).join('') };
}

/** Markup made elsewhere, such as an SVG; the caller vouches for it. */
export function raw(markup: string): Markup {
  return { markup };
}
