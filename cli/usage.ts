import { nearestNames } from '../src/core/nearest-names.ts';
import { oldSpelling } from './old-spellings.ts';

/**
 * What to say about a wrong command line: what is wrong with the names that are known, and the usage line.
 *
 * @param message what yargs (or the command) found
 * @param help the help text of the command in question
 * @param args the command line
 * @returns two lines
 */
export function explainUsage(message: string, help: string, args: readonly string[]): string {
  const usage = help.split('\n', 1)[0];
  return `actionnx: ${oldSpelling(args) ?? explain(message, help, args)}\nusage: ${usage}`;
}

function explain(message: string, help: string, args: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1].split(', ');
  if (unknown) {
    const commands = knownCommands(help);
    const isFlag = (name: string) => args.some((arg) => arg.split('=', 1)[0] === dashed(name));
    const words = unknown.filter((name) => args.includes(name));
    // A flag's value may be the flag's own name.
    const command = commands.length > 0 ? (words.find((name) => !isFlag(name)) ?? words[0]) : undefined;
    if (command !== undefined) {
      return `unknown command ${JSON.stringify(command)}; ${meant([command], commands)}`;
    }
    const flags = unknown.filter(isFlag);
    if (flags.length > 0) {
      return `unknown flag ${flags.map(dashed).join(', ')}; ${meant(flags, knownFlags(help), dashed)}`;
    }
    return `unexpected argument ${unknown.map((name) => JSON.stringify(name)).join(', ')}`;
  }
  const choice = /^Invalid values: Argument: ([\w-]+), Given: (.*), Choices: (.*)$/.exec(message);
  if (choice) return `--${choice[1]} must be one of ${choice[3].replaceAll('"', '')}; received ${choice[2]}`;
  if (message.startsWith('Not enough non-option arguments')) {
    const known = knownCommands(help);
    return known.length > 0 ? `a command is missing; known: ${known.join(', ')}` : 'an argument is missing';
  }
  return message;
}

/** What is near each of the names; all that are known where nothing is. */
function meant(names: readonly string[], known: readonly string[], written = (name: string) => name): string {
  const near = names.map((name) => nearestNames(name, known).map(written).join(' or '));
  return near.every((name) => name !== '')
    ? `did you mean ${near.join(', ')}?`
    : `known: ${known.map(written).join(', ')}`;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function knownFlags(help: string): string[] {
  const [options] = help.split(/^Examples:$/m);
  return [...options.matchAll(/^\s+(?:-\w, )*--([\w-]+)/gm)].map((match) => match[1]);
}

/** The last word of each entry under "Commands:" before its arguments: `actionnx data synth <dir>` → `synth`. */
function knownCommands(help: string): string[] {
  const [, listed = ''] = help.split(/^Commands:$/m);
  const [section] = listed.split(/\n\n/, 1);
  return [...section.matchAll(/^\s+actionnx ((?:[a-z][\w-]* ?)+)/gm)].map(
    (match) => match[1].trim().split(' ').at(-1) as string,
  );
}

/**
 * What is wrong with a flag's value, which yargs would let pass: none where one is needed, several, or no number.
 *
 * @param lists the flags that take several values
 */
export function misgivenFlag(
  args: readonly string[],
  argv: Readonly<Record<string, unknown>>,
  lists: readonly string[],
): string | null {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  for (const [i, flag] of flags.entries()) {
    const name = /^--([a-z][\w-]*)/.exec(flag)?.[1];
    if (name === undefined || !Object.hasOwn(argv, name) || typeof argv[name] === 'boolean') continue;
    const next = flags[i + 1];
    const isAlone = !flag.includes('=') && (next === undefined || next === '' || next.startsWith('--'));
    if (isAlone || flag.endsWith('=')) return `--${name} needs a value`;
    if (Array.isArray(argv[name]) && !lists.includes(name)) return `--${name} is given more than once`;
    const given = flag.split('=')[1] ?? next;
    if ([argv[name]].flat().some(Number.isNaN) && Number.isNaN(Number(given))) {
      return `--${name} must be a number; received ${given}`;
    }
  }
  return null;
}
