import { z } from 'zod';
import { UserError } from '../src/core/errors.ts';

/** `site.json`: what a deployed page finds beside itself. Paths are relative to the site's folder. */
export const siteSchema = z.object({
  format: z.literal('actionnx-site'),
  formatVersion: z.literal(1),
  /** Of the package that deployed it. */
  version: z.string(),
  systems: z.array(z.object({ name: z.string(), bundle: z.string() })).min(1),
  /** Files to try the page on. */
  examples: z.array(z.object({ name: z.string(), file: z.string() })),
  /** All that was deployed, by path, but for this file. Not in older sites. */
  files: z.array(z.string()).optional(),
});

export type Site = z.infer<typeof siteSchema>;

/** Checks a parsed `site.json`. @throws UserError naming `source` and the first field that is wrong */
export function parseSite(json: unknown, source: string): Site {
  const parsed = siteSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new UserError(`${source} is not a valid site description`, {
    received: `${path.join('.') || 'the whole'}: ${message}`,
    remedy: 'deploy the site again',
  });
}
