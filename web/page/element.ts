/** An element with properties, attributes (`aria-…`, `data-…`, `style`, `for`) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Readonly<Record<string, unknown>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== 'style') Object.assign(made, { [name]: value });
    else made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** The page's own element of an id. @throws Error when the page lacks it */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** "73 %", or with a decimal "72.9 %". */
export function percent(probability: number, decimals = 0): string {
  return `${(probability * 100).toFixed(decimals)} %`;
}

/** "0:07.5". */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const rest = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${rest.toFixed(1).padStart(4, '0')}`;
}

/** "pcd-resnet" → "pcd resnet"; "adult-walking" → "adult walking". */
export function words(name: string): string {
  return name.replaceAll(/[-_]/g, ' ');
}
