/** What a command exits with: 1 the work failed, 2 wrong usage. */
export type FailureCode = 1 | 2;

/**
 * An error meant for the person at the keyboard. Its message is one line: the rule, what was received, and
 * what to do. The command line prints it without a stack trace and exits with `exitCode`.
 *
 * @example throw new UserError('labels must have 43 columns', { received: '44 in val.csv', remedy: 'drop the extra column' });
 */
export class UserError extends Error {
  readonly exitCode: FailureCode;

  constructor(
    rule: string,
    details: { received?: string; remedy?: string; exitCode?: FailureCode; cause?: unknown } = {},
  ) {
    const parts = [rule];
    if (details.received !== undefined) parts.push(`received ${shortened(details.received)}`);
    if (details.remedy !== undefined) parts.push(details.remedy);
    super(onOneLine(parts.join('; ')), { cause: details.cause });
    this.name = 'UserError';
    this.exitCode = details.exitCode ?? 1;
  }
}

/** What a file says may hold anything: line feeds, a terminal's escapes. */
function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\p{Cc}/gu, '�');
}

/** Longer than any list that a person would read. */
const longest = 2000;

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Wrong usage: an unknown name or an impossible flag. Exits with 2. */
export function usageError(rule: string, details: { received?: string; remedy?: string } = {}): UserError {
  return new UserError(rule, { ...details, exitCode: 2 });
}

/** The first line of whatever was thrown, for quoting inside another message. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0].trim();
}

/** A name from a file as it can stand in a message: in quotes, on one line, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
