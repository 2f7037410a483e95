/**
 * What a pickle of PyTorch's may name: containers, storages, and the functions that make tensors of them. See
 * torch/_utils.py (`_rebuild_tensor_v2`) and torch/_weights_only_unpickler.py, whose list is longer.
 */
import { UserError } from '../core/errors.ts';
import type { StridedLayout } from '../core/strided.ts';
import { sizeOf } from '../core/tensor.ts';
import type { ElementType } from '../onnx/element-type.ts';
import type { PickledGlobal, PickleHost } from './pickle.ts';
import { MalformedPickle } from './pickle-input.ts';
import { Opaque, type Pickled, PickledDict } from './pickle-stack.ts';
import { elementWidth, reach, stridedTensor } from './strided-tensor.ts';
import type { StoredTensor } from './weight-file.ts';

/** Torch's keys are decimal numbers; long ones cost time whenever they are looked up. */
const longestKey = 100;

/** A storage: elements of one type, which tensors view. */
export interface TorchStorage {
  /** null for a storage of bytes whose tensors say their type themselves. */
  readonly dtype: ElementType | null;
  /** Elements. */
  readonly size: number;
  /** The elements' bytes, once the whole file is read. */
  bytes(): Uint8Array;
}

/** A tensor that a pickle holds. */
export class TorchTensor {
  readonly stored: StoredTensor;

  constructor(stored: StoredTensor) {
    this.stored = stored;
  }
}

/** A storage that a pickle holds. */
class HeldStorage {
  readonly storage: TorchStorage;

  constructor(storage: TorchStorage) {
    this.storage = storage;
  }
}

/** By the storages' class names. */
const storageTypes: Readonly<Record<string, ElementType | null>> = {
  ...{
    DoubleStorage: 'float64',
    FloatStorage: 'float32',
    HalfStorage: 'float16',
    BFloat16Storage: 'bfloat16',
  },
  ...{ LongStorage: 'int64', IntStorage: 'int32', ShortStorage: 'int16', CharStorage: 'int8' },
  ...{ ByteStorage: 'uint8', BoolStorage: 'bool', UntypedStorage: null },
};

/** The classes of tensors that bear attributes of their own, which are left out. */
const plainTypes: ReadonlySet<string> = new Set(['torch.Tensor', 'torch.nn.parameter.Parameter']);

/** By the names of torch's types, for storages of bytes. */
const dtypes: Readonly<Record<string, ElementType>> = {
  ...{ float64: 'float64', float32: 'float32', float16: 'float16', bfloat16: 'bfloat16' },
  ...{ float8_e4m3fn: 'float8e4m3fn', float8_e4m3fnuz: 'float8e4m3fnuz' },
  ...{ float8_e5m2: 'float8e5m2', float8_e5m2fnuz: 'float8e5m2fnuz' },
  ...{ int64: 'int64', int32: 'int32', int16: 'int16', int8: 'int8' },
  ...{ uint64: 'uint64', uint32: 'uint32', uint16: 'uint16', uint8: 'uint8', bool: 'bool' },
};

/**
 * What only an attack would name, or what makes tensors in a way that we do not know: a file with these is refused.
 * Everything else beside the weights is opaque, and left out.
 */
const refused = [
  /^(os|posix|nt|sys|subprocess|shutil|socket|ctypes|importlib|runpy|pty|code|marshal|pickle|webbrowser)\./,
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|input|breakpoint|__import__|globals|setattr)$/,
  /^torch\.(_utils|_tensor|_C|storage|jit|hub|package|serialization)\b/,
];

type Globals = [name: string, call: PickledGlobal['call']][];

/** What a persistent id says of a storage, and what the file's format knows besides. */
export interface StorageRequest {
  readonly key: string;
  readonly dtype: ElementType | null;
  /** Elements. */
  readonly size: number;
  /** In legacy files: the part of the storage that this is one of. */
  readonly view: { readonly key: string; readonly offset: number; readonly size: number } | null;
}

/**
 * @param open the storage of a request
 * @param mostBytes no tensor may be larger, as one could be that repeats its elements
 * @param source what to call the file in error messages
 */
export function torchHost(
  open: (request: StorageRequest) => TorchStorage,
  mostBytes: number,
  source: string,
): PickleHost & { readonly skipped: ReadonlySet<string> } {
  const skipped = new Set<string>();
  const rebuild = (args: readonly Pickled[], metadata?: Pickled, dtype?: ElementType) => {
    checkResolved(metadata, source);
    return rebuildTensor(args, mostBytes, dtype);
  };
  const rebuilds: Globals = [
    ['torch._utils._rebuild_tensor', (args) => rebuild(args)],
    ['torch._utils._rebuild_tensor_v2', (args) => rebuild(args, args[6])],
    ['torch._utils._rebuild_tensor_v3', (args) => rebuild(args, args[7], namedDtype(args[6]))],
    ['torch._utils._rebuild_parameter', ([tensor]) => tensor],
    ['torch._utils._rebuild_parameter_with_state', ([tensor]) => tensor],
  ];
  const rebuilders = new Map(rebuilds);
  const globals = new Map([
    ...rebuilds,
    ['torch._tensor._rebuild_from_type_v2', (args) => rebuildFromType(args, rebuilders)],
    ...[...plainTypes].map((name) => [name, null] as [string, null]),
    ['collections.OrderedDict', orderedDict],
    ['collections.Counter', counter],
    ['torch.Size', ([extents]) => extents],
    ['torch.device', device],
    // How protocol 2 writes bytes.
    ['_codecs.encode', ([text]) => text],
    ...['__builtin__', 'builtins'].flatMap((module) => [
      [`${module}.set`, ([items = []]) => items] as [string, PickledGlobal['call']],
      [`${module}.frozenset`, ([items = []]) => items] as [string, PickledGlobal['call']],
    ]),
    ...Object.keys(storageTypes).flatMap((name) =>
      ['torch', 'torch.cuda', 'torch.storage'].map((module) => [`${module}.${name}`, null] as [string, null]),
    ),
    ...Object.keys(dtypes).map((name) => [`torch.${name}`, null] as [string, null]),
  ]);
  return {
    global: (name) => {
      const call = globals.get(name);
      if (call !== undefined) return { name, call };
      if (refused.some((names) => names.test(name))) return undefined;
      skipped.add(name);
      return new Opaque(name);
    },
    skipped,
    persistent: (id) => moduleClass(id) ?? new HeldStorage(open(storageRequest(id))),
  };
}

function orderedDict([items = []]: readonly Pickled[]): PickledDict {
  const dict = new PickledDict();
  if (!Array.isArray(items)) throw new MalformedPickle('an OrderedDict of what is no list');
  for (const item of items) {
    if (!Array.isArray(item) || item.length !== 2) throw new MalformedPickle('an OrderedDict of no pairs');
    dict.set(item[0], item[1]);
  }
  return dict;
}

/** Its argument is the dict of what was counted. */
function counter([counts]: readonly Pickled[]): PickledDict {
  if (!(counts instanceof PickledDict)) throw new MalformedPickle('a Counter of what is no dict');
  return counts;
}

/** (type, index) as torch writes it: "cuda:0". */
function device([type, index]: readonly Pickled[]): string {
  if (typeof type !== 'string') throw new MalformedPickle('a device without a name');
  return isCount(index) ? `${type}:${index}` : type;
}

/** (function, type, arguments, state), of which only what rebuilds a tensor is a function. */
function rebuildFromType(
  [rebuilder, type, args]: readonly Pickled[],
  rebuilds: ReadonlyMap<string, PickledGlobal['call']>,
): Pickled {
  const call = rebuilds.get(globalName(rebuilder));
  if (!call || !plainTypes.has(globalName(type)) || !Array.isArray(args)) {
    throw new MalformedPickle('a tensor of an unknown type');
  }
  return call(args);
}

/** ('module', class, file, code): how legacy files name the class of a whole model. */
function moduleClass(id: Pickled): Opaque | null {
  const [kind, type] = Array.isArray(id) ? id : [];
  return kind === 'module' && type instanceof Opaque ? type : null;
}

/** ('storage', class, key, device, size), in legacy files with (key, offset, size) of a view at the end. */
function storageRequest(id: Pickled): StorageRequest {
  const [kind, type, key, , size, view = null] = Array.isArray(id) ? id : [];
  const className = globalName(type).split('.').at(-1) ?? '';
  if (
    kind !== 'storage' ||
    typeof key !== 'string' ||
    !isCount(size) ||
    !Object.hasOwn(storageTypes, className)
  ) {
    throw new MalformedPickle('a persistent id of no storage');
  }
  if (key.length > longestKey) throw new MalformedPickle(`a storage whose key has ${key.length} characters`);
  return { key, dtype: storageTypes[className], size, view: view === null ? null : storageView(view) };
}

function storageView(view: Pickled): StorageRequest['view'] {
  const [key, offset, size] = Array.isArray(view) ? view : [];
  if (typeof key !== 'string' || !isCount(offset) || !isCount(size)) {
    throw new MalformedPickle('a view of no storage');
  }
  return { key, offset, size };
}

function globalName(value: Pickled): string {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
  return typeof name === 'string' ? name : '';
}

function namedDtype(value: Pickled): ElementType {
  const name = globalName(value).slice('torch.'.length);
  if (!Object.hasOwn(dtypes, name)) throw new MalformedPickle('a tensor without a type');
  return dtypes[name];
}

/** Torch negates and conjugates lazily: the storage holds the values as they were, and the tensor is marked. */
function checkResolved(metadata: Pickled | undefined, source: string): void {
  if (!(metadata instanceof PickledDict)) return;
  const mark = ['neg', 'conj'].find((name) => metadata.entries.get(name));
  if (mark === undefined) return;
  throw new UserError(`${source} must hold the values of its tensors as they are`, {
    received: `one with its ${mark} bit set, whose values are to be changed when read`,
    remedy: `save it after tensor.resolve_${mark}()`,
  });
}

/** (storage, offset, size, stride, …), offset and strides in elements. */
function rebuildTensor(args: readonly Pickled[], mostBytes: number, given?: ElementType): TorchTensor {
  const [held, offset, shape, strides] = args;
  const dtype = held instanceof HeldStorage ? (given ?? held.storage.dtype) : null;
  if (!(held instanceof HeldStorage) || dtype === null) throw new MalformedPickle('a tensor of no storage');
  const { storage } = held;
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
    throw new MalformedPickle('a tensor without an offset, a shape and strides');
  }
  const layout: StridedLayout = { offset, shape: [...shape], strides: [...strides] };
  const width = elementWidth(dtype) ?? 1;
  const available = Math.floor((storage.size * (elementWidth(storage.dtype ?? 'uint8') ?? 1)) / width);
  if (reach(layout) > available) throw new MalformedPickle('a tensor that leaves its storage');
  if (sizeOf(shape) * width > mostBytes) throw new MalformedPickle('a tensor larger than the file');
  return new TorchTensor(stridedTensor(dtype, layout, () => storage.bytes()));
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** As many as a tensor has axes: torch allows 64. */
function isCounts(value: Pickled | undefined): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isCount);
}
