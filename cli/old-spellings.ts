/** What `export` once did that is a command of its own now: the flag that asked for it, and what to type instead. */
const moved: readonly {
  readonly flag: string;
  /** Where it depends on it. */
  readonly value?: string;
  readonly now: (rest: readonly string[], value: string) => readonly string[];
}[] = [
  { flag: '--ensemble', now: (rest) => ['merge', ...rest] },
  { flag: '--graft', now: (rest, value) => ['graft', value, ...rest] },
  { flag: '--to', value: 'bundle', now: (rest) => ['export', ...rest] },
  { flag: '--to', value: 'onnx', now: (rest) => ['convert', ...rest] },
  ...['hf', 'triton', 'safetensors'].map((value) => ({
    ...{ flag: '--to', value },
    now: (rest: readonly string[]) => ['publish', ...rest, '--to', value],
  })),
  { flag: '--inputs', now: (rest, value) => ['convert', ...rest, '--inputs', value] },
];

/**
 * What to say of a command line that was right before `export` became several commands; null for any other.
 *
 * @example oldSpelling(['export', '--ensemble', 'a', 'b']) // '`export --ensemble` is now: actionnx merge a b'
 */
export function oldSpelling(args: readonly string[]): string | null {
  if (args[0] !== 'export') return null;
  const given = args.slice(1).flatMap((arg) => (/^--\w[\w-]*=/.test(arg) ? splitOnce(arg) : [arg]));
  for (const { flag, value, now } of moved) {
    const at = given.indexOf(flag);
    if (at < 0) continue;
    // The only one without a value.
    const isAlone = flag === '--ensemble';
    const received = isAlone ? '' : given[at + 1];
    if (received === undefined || (value !== undefined && received !== value)) continue;
    const typed = now(given.toSpliced(at, isAlone ? 1 : 2), received);
    const old = value === undefined ? flag : `${flag} ${value}`;
    return `\`export ${old}\` is now: actionnx ${typed.map(shellWord).join(' ')}`;
  }
  return null;
}

function splitOnce(arg: string): [string, string] {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
