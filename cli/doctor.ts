import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pc from 'picocolors';
import type { CommandModule } from 'yargs';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import type { Check } from './doctor-checks.ts';
import { table } from './table.ts';

interface Arguments {
  only?: string;
  json: boolean;
}

/** What a check came to. */
interface Finding {
  readonly name: string;
  readonly part: Check['part'];
  readonly required: boolean;
  readonly works: boolean;
  /** What was found, or why it does not work. */
  readonly detail: string;
  /** What to do; null where it works. */
  readonly remedy: string | null;
}

/** `actionnx doctor`: what is installed, what loads, and which providers really run a graph. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'doctor',
  describe: 'show what is installed, what loads, and what to do about the rest',
  builder: (yargs) =>
    yargs
      .option('only', { type: 'string', describe: 'one check, by its name' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('actionnx doctor', 'all checks; exit code 1 where one that is required fails')
      .example('actionnx doctor --only onnxruntime-node/cuda', 'whether CUDA really runs a graph'),
  handler: async ({ only, json }) => {
    const { checks } = await import('./doctor-checks.ts');
    const chosen = only === undefined ? checks : checks.filter(({ name }) => name === only);
    if (chosen.length === 0) {
      throw usageError('unknown check', {
        received: JSON.stringify(only),
        remedy: `known: ${checks.map(({ name }) => name).join(', ')}`,
      });
    }
    const findings: Finding[] = [];
    for (const check of chosen) {
      findings.push(only === undefined && check.isolated ? await examineApart(check) : await examine(check));
    }
    console.log(json ? JSON.stringify({ findings }, null, 2) : findingsText(findings));
    if (findings.some(({ works, required }) => required && !works)) process.exitCode = 1;
  },
};

async function examine({ name, part, required, remedy, run }: Check): Promise<Finding> {
  try {
    return { name, part, required, works: true, detail: await run(), remedy: null };
  } catch (error) {
    // The cause is the bare reason; what an error adds for its own command is no advice here.
    const reason = error instanceof UserError && error.cause ? error.cause : error;
    // ONNX Runtime puts the place in its C++ source in front.
    const detail = reasonOf(reason).replace(/^.* was false\. /, '');
    return { name, part, required, works: false, detail, remedy };
  }
}

/** The same in a process of its own, by this very command: what the native code prints or breaks stays there. */
async function examineApart(check: Check): Promise<Finding> {
  const args = [...process.execArgv, process.argv[1], 'doctor', '--only', check.name, '--json'];
  const { stdout, reason } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 }).then(
    ({ stdout }) => ({ stdout, reason: '' }),
    ({ stdout, signal, code }) => ({ stdout, reason: `it ended its process (${signal ?? code})` }),
  );
  const { name, part, required, remedy } = check;
  if (!stdout) return { name, part, required, works: false, detail: reason, remedy };
  return (JSON.parse(stdout) as { findings: Finding[] }).findings[0];
}

function findingsText(findings: readonly Finding[]): string {
  const state = ({ works, required }: Finding) =>
    works ? pc.green('works') : required ? pc.red('broken') : pc.yellow('absent');
  const rows = findings.map((finding, i) => [
    finding.part === findings[i - 1]?.part ? '' : finding.part,
    finding.name,
    state(finding),
    finding.detail,
  ]);
  const remedies = findings.filter(({ works }) => !works).map(({ name, remedy }) => `  ${name}: ${remedy}`);
  const advice =
    remedies.length > 0 ? `\n\nWhat would help, where it is wanted:\n${remedies.join('\n')}` : '';
  return `${table(['For', 'What', 'State', 'Detail'], rows)}${advice}`;
}
