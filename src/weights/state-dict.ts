import { quoted, UserError } from '../core/errors.ts';
import { Opaque, type Pickled, PickledDict } from './pickle-stack.ts';
import { TorchTensor } from './torch-objects.ts';
import type { StoredTensor } from './weight-file.ts';

/** Where checkpoints keep the model's weights, likeliest first. */
const usualKeys = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'module',
  'net',
  'network',
  'weights',
];

/** Checkpoints nest their weights in a dict or two. */
const deepest = 4;

/**
 * The tensors of a checkpoint: of its state dict, which may lie under one of the usual keys, or under the only key
 * that has one. Other things in it (epochs, rates, the optimiser's state) are left out.
 *
 * @returns the tensors, the keys that lead to them, and those of other dicts of tensors beside the last of these
 * @throws UserError when there are none, or several dicts that could be meant
 */
export function findStateDict(
  value: Pickled,
  source: string,
): { tensors: Map<string, StoredTensor>; path: string[]; others: string[] } {
  const path: string[] = [];
  let others: string[] = [];
  const holding = new Map<PickledDict, boolean>();
  let dict = value;
  for (let depth = 0; depth < deepest && dict instanceof PickledDict; depth++) {
    const inner = dictsOf(dict, holding);
    const key =
      usualKeys.find((usual) => inner.has(usual)) ?? (inner.size === 1 ? [...inner.keys()][0] : undefined);
    const tensors = tensorsOf(dict);
    // A lone dict beside tensors is something else of the checkpoint's.
    if (key === undefined || (tensors.size > 0 && !usualKeys.includes(key))) {
      if (tensors.size > 0) return { tensors, path, others };
      break;
    }
    path.push(key);
    others = [...inner].flatMap(([other, held]) => (other !== key && hasTensors(held) ? [other] : []));
    dict = inner.get(key) as PickledDict;
  }
  throw new UserError(`${source} must hold a state dict: names and their tensors`, {
    received: describe(dict),
    remedy: 'save model.state_dict() with torch.save',
  });
}

function tensorsOf(dict: PickledDict): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [key, value] of dict.entries) {
    if (typeof key === 'string' && value instanceof TorchTensor) tensors.set(key, value.stored);
  }
  return tensors;
}

/**
 * The dicts in a dict that hold tensors, or a dict of a usual name.
 * @param holding what is known of dicts already: a pickle can have many keys for a single large one
 */
function dictsOf(dict: PickledDict, holding: Map<PickledDict, boolean>): Map<string, PickledDict> {
  const found = new Map<string, PickledDict>();
  for (const [key, value] of dict.entries) {
    if (typeof key !== 'string' || !(value instanceof PickledDict)) continue;
    const holds = holding.get(value) ?? (hasNested(value) || hasTensors(value));
    holding.set(value, holds);
    if (holds) found.set(key, value);
  }
  return found;
}

function hasNested({ entries }: PickledDict): boolean {
  return usualKeys.some((usual) => entries.get(usual) instanceof PickledDict);
}

function hasTensors({ entries }: PickledDict): boolean {
  for (const [key, value] of entries)
    if (typeof key === 'string' && value instanceof TorchTensor) return true;
  return false;
}

function describe(value: Pickled): string {
  if (value instanceof TorchTensor) return 'a single tensor';
  if (value instanceof Opaque) return `an object of ${quoted(value.name)}`;
  if (Array.isArray(value)) return 'a list';
  if (!(value instanceof PickledDict)) return 'something else';
  const [held] = usualKeys.flatMap((usual) => {
    const inner = value.entries.get(usual);
    return inner instanceof Opaque ? `an object of ${quoted(inner.name)} under ${quoted(usual)}` : [];
  });
  if (held !== undefined) return held;
  const keys = [...value.entries.keys()].filter((key) => typeof key === 'string');
  if (keys.length === 0) return 'a dict without names';
  return `a dict of ${keys.slice(0, 8).map(quoted).join(', ')}${keys.length > 8 ? ', …' : ''}`;
}

/** Names of skipped classes that are told one by one. */
const mostNamed = 8;

/** What to tell of a checkpoint beside its tensors: which state dict was taken, of which, and what was left out. */
export function checkpointMetadata(
  { path, others }: { readonly path: readonly string[]; readonly others: readonly string[] },
  skipped: ReadonlySet<string>,
): Record<string, string> {
  const names = [...skipped];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return {
    ...(path.length > 0 && { stateDict: path.join('.') }),
    ...(others.length > 0 && { otherDicts: others.join(', ') }),
    ...(names.length > 0 && { skippedObjects: `${names.slice(0, mostNamed).join(', ')}${more}` }),
  };
}
