/** The HDF5 library: its loading, its errors, and the files of its own that it leaves behind. */
import { type Dataset, File, ready } from 'h5wasm';
import { reasonOf, UserError } from '../core/errors.ts';

export type { Dataset, File };

/** The one file in the library's own in-memory file system; every use of it is synchronous. */
const inMemory = '/annotation.mat';

interface HdfStream {
  readonly path: string;
}

interface HdfModule {
  readonly FS: {
    writeFile(path: string, data: Uint8Array): void;
    readFile(path: string): Uint8Array;
    unlink(path: string): void;
    /** Open files; undefined where a number is free. */
    readonly streams: readonly (HdfStream | undefined)[];
    close(stream: HdfStream): void;
  };
  activate_throwing_error_handler(): void;
}

let loading: Promise<HdfModule> | undefined;

/** Loads the library once, set to throw its errors rather than print them. */
function loadHdf5(): Promise<HdfModule> {
  loading ??= ready.then((module) => {
    const hdf5 = module as unknown as HdfModule;
    hdf5.activate_throwing_error_handler();
    return hdf5;
  });
  return loading;
}

/** The innermost of HDF5's stacked complaints: the one that says what is wrong. */
export function hdf5Reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reasons = [...text.matchAll(/^\s*#\d+: .*?\(\): (.+)$/gm)];
  return reasons.at(-1)?.[1] ?? reasonOf(error);
}

/**
 * What `use` makes of a file's bytes; the file is closed after it.
 *
 * @throws Error of the library (`hdf5Reason`) where it cannot read them, and whatever `use` throws
 * @throws UserError after too many such errors
 */
export async function readHdf5<T>(bytes: Uint8Array, use: (file: File) => T): Promise<T> {
  const { FS } = await loadHdf5();
  requireSound();
  FS.writeFile(inMemory, bytes);
  let file: File | undefined;
  try {
    file = new File(inMemory, 'r');
    return use(file);
  } finally {
    file?.close();
    removeFile(FS);
  }
}

/** The bytes of a file that `fill` fills. @throws what `fill` throws */
export async function writeHdf5(fill: (file: File) => void): Promise<Uint8Array> {
  const { FS } = await loadHdf5();
  const file = new File(inMemory, 'w', { libver: ['earliest', 'latest'] });
  let bytes: Uint8Array;
  try {
    fill(file);
  } finally {
    file.close();
    bytes = FS.readFile(inMemory);
    removeFile(FS);
  }
  return bytes;
}

/** Takes the file away, and what an error of the library has left: the file that it wrote its complaints to. */
function removeFile(FS: HdfModule['FS']): void {
  FS.unlink(inMemory);
  for (const stream of FS.streams) {
    if (!stream?.path.startsWith('/tmp/')) continue;
    FS.close(stream);
    errors += 1;
  }
}

/** Each error is thrown through the library's own code, and costs it some of its stack; all of it after some 1,800. */
const mostErrors = 1000;
let errors = 0;

/** @throws UserError before the library's memory is damaged, and every annotation looks so */
function requireSound(): void {
  if (errors < mostErrors) return;
  throw new UserError('the HDF5 library reads no more annotations before it is started anew', {
    received: `${errors} damaged ones`,
    remedy: 'mend or remove those told so far, and run the command again',
  });
}
