import { z } from 'zod';
import { nearestNames } from './nearest-names.ts';

/**
 * The first thing that a schema refused, for people: `recipe.momentum: …`. A key that it does not know comes with the
 * nearest that it does, or with all of them.
 */
export function schemaFault(error: z.ZodError, schema: z.ZodType): string {
  const [issue] = error.issues;
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${place || 'the whole'}: ${issue.message}`;
  const [key] = issue.keys;
  const known = keysAt(schema, issue.path);
  const near = nearestNames(key, known);
  const meant = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}`;
  return `${place ? `${place}.` : ''}${key}: there is no such key; ${meant}`;
}

/** The keys of the object that a path leads to. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray && path.length > 0)
    return keysAt(inner.element as z.ZodType, path.slice(1));
  if (!(inner instanceof z.ZodObject)) return [];
  if (path.length === 0) return Object.keys(inner.shape);
  return keysAt(inner.shape[String(path[0])] as z.ZodType, path.slice(1));
}

function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? bare(schema.unwrap() as z.ZodType)
    : schema;
}
