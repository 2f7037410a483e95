import type library from '@techstark/opencv-js';
import { reasonOf, UserError } from '../core/errors.ts';

export type OpenCv = typeof library;

/** In an object, because the library answers `then` as it comes, with itself: a promise of it would never settle. */
interface Loaded {
  readonly opencv: OpenCv;
}

/** Takes something of the library's that lives in WebAssembly's memory, to delete it in the end, and gives it back. */
export type Keep = <T extends { delete(): unknown }>(made: T) => T;

let loading: Promise<Loaded> | undefined;

/**
 * OpenCV 4.12's own WebAssembly build, without SIMD and threads: the same bits in Node and in every browser. Loaded
 * once, when it is first asked for.
 *
 * @throws UserError when it does not come or may not run; the next call tries again
 */
export function loadOpenCv(): Promise<Loaded> {
  loading ??= start().catch((cause) => {
    loading = undefined;
    throw new UserError('OpenCV does not start', {
      received: reasonOf(cause),
      remedy:
        "check that its script is served whole, and that a Content-Security-Policy has 'unsafe-eval' and " +
        "'wasm-unsafe-eval' in script-src",
      cause,
    });
  });
  return loading;
}

async function start(): Promise<Loaded> {
  const { opencv } = requireInNode() ?? (await import('./opencv-package.ts')).imported;
  Reflect.deleteProperty(opencv, 'then');
  await new Promise<unknown>((resolve, reject) => {
    if (Reflect.get(opencv, 'calledRun') === true) resolve(null);
    else Object.assign(opencv, { onRuntimeInitialized: resolve, onAbort: reject });
  });
  return { opencv };
}

/**
 * The library as Node requires it, in one go; null where there is no Node. As it comes it begins to listen for faults
 * of the whole process, would abort itself for everybody's and print that: it is made not to.
 */
function requireInNode(): Loaded | null {
  const emitter = typeof globalThis.process?.getBuiltinModule === 'function' ? globalThis.process : null;
  if (emitter === null) return null;
  const faults = emitter.listeners('uncaughtException');
  const rejections = emitter.listeners('unhandledRejection');
  const { createRequire } = emitter.getBuiltinModule('node:module');
  const opencv: OpenCv = createRequire(import.meta.url)('@techstark/opencv-js');
  for (const listener of emitter.listeners('uncaughtException'))
    if (!faults.includes(listener)) emitter.off('uncaughtException', listener);
  for (const listener of emitter.listeners('unhandledRejection'))
    if (!rejections.includes(listener)) emitter.off('unhandledRejection', listener);
  return { opencv };
}

/**
 * What `use` makes with OpenCV. What it keeps is deleted after it, whether it succeeds or fails, so that it has to
 * copy what it returns.
 *
 * @throws UserError when OpenCV refuses, with its reason, and whatever `use` throws
 * @example await withOpenCv((cv, keep) => keep(new cv.Mat(2, 2, cv.CV_8UC1)).data.slice());
 */
export async function withOpenCv<T>(use: (cv: OpenCv, keep: Keep) => T): Promise<T> {
  const { opencv } = await loadOpenCv();
  try {
    return keeping((keep) => use(opencv, keep));
  } catch (cause) {
    // The library throws the addresses of its exceptions.
    if (typeof cause !== 'number') throw cause;
    throw new UserError('OpenCV cannot do this', {
      received: String(opencv.exceptionFromPtr(cause).msg).trim(),
      remedy: 'try smaller pictures where its memory does not suffice',
      cause,
    });
  }
}

/** What `use` returns; what it keeps is deleted before. For steps inside of `withOpenCv`, as its memory is small. */
export function keeping<T>(use: (keep: Keep) => T): T {
  const kept: { delete(): unknown }[] = [];
  try {
    return use((made) => {
      kept.push(made);
      return made;
    });
  } finally {
    for (const made of kept.reverse()) made.delete();
  }
}
