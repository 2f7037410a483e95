import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { parser, usageComplaint } from '../../cli/parser.ts';

const names = commands.map(({ command }) => command.split(' ')[0]);
const commandNames = names.join(', ');

/** What a command line is told; null where the mistake is none of usage. */
async function complaint(args: readonly string[]): Promise<string | null> {
  const cli = await parser(args);
  try {
    // Throws at once or later.
    await cli.parseAsync();
  } catch (error) {
    return usageComplaint(error, cli, args);
  }
  throw new Error(`${args.join(' ')} was obeyed`);
}

/** What `--help` prints. */
async function help(args: readonly string[]): Promise<string> {
  const cli = await parser(args);
  return new Promise((done, failed) => {
    cli.parse([...args], {}, (error, _, output) => (error ? failed(error) : done(output)));
  });
}

describe('wrong usage: what is wrong, what is known, the usage line', () => {
  it.each<[string[], string | RegExp, string]>([
    [['tarin'], 'unknown command "tarin"; did you mean train?', 'actionnx <command>'],
    [['exprot', 'x', '--out', 'y'], 'unknown command "exprot"; did you mean export?', 'actionnx <command>'],
    [['exprot', 'x', '--out', 'out'], 'unknown command "exprot"; did you mean export?', 'actionnx <command>'],
    [['translate', 'x'], `unknown command "translate"; known: ${commandNames}`, 'actionnx <command>'],
    [['data', 'synt'], 'unknown command "synt"; did you mean synth?', 'actionnx data'],
    [['data', 'make', 'x'], 'unknown command "make"; known: synth, info, check, extract', 'actionnx data'],
    [['data'], 'a command is missing; known: synth, info, check, extract', 'actionnx data'],
    [['ls', '--jsno'], 'unknown flag --jsno; did you mean --json?', 'actionnx ls'],
    [
      ['ls', '--verbose'],
      'unknown flag --verbose; known: --help, --version, --schedule, --json',
      'actionnx ls',
    ],
    [
      ['export', 'x', '--treshold', '0.7', '--max-f1-los=1'],
      'unknown flag --treshold, --max-f1-los; did you mean --threshold, --max-f1-loss?',
      'actionnx export <source>',
    ],
    [['ls', 'everything'], 'unexpected argument "everything"', 'actionnx ls'],
    [['bench'], 'an argument is missing', 'actionnx bench <bundle>'],
    [['bench', 'x', '--runs'], '--runs needs a value', 'actionnx bench <bundle>'],
    [
      ['export', '--ensemble', 'a', 'b', '--out', 'c'],
      '`export --ensemble` is now: actionnx merge a b --out c',
      'actionnx export <source>',
    ],
    [
      ['export', 'a', '--to', 'hf'],
      '`export --to hf` is now: actionnx publish a --to hf',
      'actionnx export <source>',
    ],
    [
      ['export', 'model.json', '--out', 'x.onnx'],
      '--out of a bundle is a folder; received x.onnx; a plain .onnx file of a tfjs model: actionnx convert model.json --out x.onnx',
      'actionnx export <source>',
    ],
    [['export', 'x', '--out', ''], '--out needs a value', 'actionnx export <source>'],
    [['export', 'x', '--name='], '--name needs a value', 'actionnx export <source>'],
    [['bench', 'x', '--runs', '--json'], '--runs needs a value', 'actionnx bench <bundle>'],
    [
      ['export', 'x', '--precision', 'fp17'],
      '--precision must be one of fp32, fp16, int8, int8-weights; received "fp17"',
      'actionnx export <source>',
    ],
    [
      ['export', 'x', '--out', 'a', '--out', 'b'],
      '--out is given more than once',
      'actionnx export <source>',
    ],
    [['bench', 'x', '--runs', 'ten'], '--runs must be a number; received ten', 'actionnx bench <bundle>'],
    [['bench', 'x', '--runs=ten'], '--runs must be a number; received ten', 'actionnx bench <bundle>'],
    [
      ['doctor', '--only', 'me'],
      /^unknown check; received "me"; known: actionnx, node, sharp, /,
      'actionnx doctor',
    ],
  ])('%j', async (args, wrong, usage) => {
    const [first, second, ...rest] = (await complaint(args))?.split('\n') ?? [];
    expect(first.replace(/^actionnx: /, '')).toEqual(
      typeof wrong === 'string' ? wrong : expect.stringMatching(wrong),
    );
    expect(second).toBe(`usage: ${usage}`);
    expect(rest).toEqual([]);
  });

  it('an unknown system, with the systems and presets', async () => {
    expect(await complaint(['train', 'resnet', '--data', 'nowhere', '--out', 'run'])).toMatch(
      /^actionnx: unknown system; received "resnet"; known: pcd-resnet, .*pcd-r2plus1d-tiny, .*tv-hi-two-stream-tiny\nusage: actionnx train <system>$/,
    );
  });

  it.each([
    [
      ['--config', 'szie=64'],
      'pcd-r2plus1d-tiny has no such configuration; received szie: there is no such key; did you mean size?',
    ],
    [
      ['--stage', 'rat=1'],
      'the recipe cannot be trained with; received stage 1: rat: there is no such key; did you mean rate?',
    ],
    [
      ['--stage', 'rate=0.5', '--stage', '3.rate=1'],
      'the recipe has no such stage; received 3; known: 1 (2 frames), 2 (4 frames)',
    ],
    [
      ['--stage', '2.rate=fast'],
      'the recipe cannot be trained with; received stage 2: rate: Invalid input: expected number, received string',
    ],
    [
      ['--stage', 'train=[]'],
      'the recipe cannot be trained with; received stage 1: train: a stage must train something',
    ],
    [['--stage', '2'], '--stage must be a field and its value, as in key=value; received 2'],
    [['--stage', '=2'], '--stage must be a field and its value, as in key=value; received =2'],
    [['--stage'], '--stage needs a value'],
  ])('a field of a recipe or a configuration that there is none of: %j', async (flags, wrong) => {
    const train = ['train', 'pcd-r2plus1d-tiny', '--data', 'nowhere', '--out', 'run'];
    expect(await complaint([...train, ...flags])).toBe(`actionnx: ${wrong}\nusage: actionnx train <system>`);
  });

  it('nothing at all: the help', async () => {
    const text = await complaint([]);
    for (const name of names) expect(text).toContain(`actionnx ${name}`);
  });

  it('is no other failure', async () => {
    expect(await complaint(['bench', 'no-such-bundle'])).toBe(null);
  });
});

describe('--help', () => {
  it.each(commands)('of $command: what the list of commands says of it, and an example', async (listed) => {
    const { command, describe } = listed;
    const text = await help([command.split(' ')[0], '--help']);
    expect(text.split('\n').slice(0, 3)).toEqual([`actionnx ${command}`, '', describe]);
    expect(text).toMatch(command === 'data' ? /Commands:/ : /Examples:\n {2}actionnx /);
  });
});
