import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf, UserError } from '../src/core/errors.ts';

/** Runs a module of the user's, where one is named, for what it registers. @throws UserError when it does not load */
export async function importModule(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw new UserError(`${path} must be a JavaScript module that loads`, {
      received: reasonOf(cause),
      cause,
    });
  });
}
