import { reasonOf, UserError } from '../../src/core/errors.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { defaultThreads, webRuntime } from '../../src/runtime/web.ts';
import {
  type Classifier,
  decodeImage,
  ensembleWeights,
  isImageFile,
  loadBundle,
  loadWebRuntime,
  openClassifier,
  predictImage,
  predictVideo,
  type SystemFailure,
} from '../client.ts';
import { pictureFiles } from './picture-file.ts';
import type { Media, Request, Response } from './protocol.ts';

/** By their place in the site. */
const classifiers = new Map<number, Classifier>();
let running = new AbortController();

function answer(response: Response): void {
  self.postMessage(response);
}

/** Those that are loaded, in the site's order. */
function inOrder(): Classifier[] {
  return [...classifiers.keys()].sort((a, b) => a - b).flatMap((system) => classifiers.get(system) ?? []);
}

/** All arrive side by side; each is opened when it is there, one at a time. One that fails takes no other down. */
async function load({ bundles, ortUrl, provider }: Request & { kind: 'load' }): Promise<void> {
  const runtime = {
    wasmPaths: ortUrl,
    onProgress: (loaded: number, total: number) => answer({ kind: 'runtime', loaded, total }),
  };
  // Beside the models. Who opens one hears of what goes wrong, or of wasm instead.
  const arrived = loadWebRuntime({ ...runtime, provider }).catch(() => {});
  let opening: Promise<unknown> = Promise.resolve();
  const loadOne = async (system: number, url: string): Promise<void> => {
    answer({ kind: 'progress', system, loaded: 0, total: 0 });
    // Once one file of a bundle fails the others are not wanted, and their progress is no news.
    const others = new AbortController();
    const { signal } = others;
    const onProgress = (loaded: number, total: number) => {
      if (!signal.aborted) answer({ kind: 'progress', system, loaded, total });
    };
    const bundle = await loadBundle(url, { onProgress, signal }).catch((error) => {
      others.abort();
      throw error;
    });
    await arrived;
    const opened = opening.then(async () => {
      answer({ kind: 'checking', system });
      let fallback: string | null = null;
      const onFallback = (reason: string) => {
        fallback = reason;
      };
      const classifier = await openClassifier(bundle, { ...runtime, provider, onFallback });
      classifiers.set(system, classifier);
      const { manifest, provider: runsOn } = classifier;
      const threads = defaultThreads();
      answer({ kind: 'loaded', system: { system, manifest, provider: runsOn, threads, fallback } });
    });
    opening = opened.catch(() => {});
    await opened;
  };
  await Promise.all(
    bundles.map(({ system, url }) =>
      loadOne(system, url).catch((error) => answer({ kind: 'missing', system, message: messageOf(error) })),
    ),
  );
  const { name, version } = webRuntime();
  const weights = ensembleWeights(inOrder().map(({ manifest }) => manifest));
  answer({ kind: 'ready', weights, runtime: `${name} ${version}` });
}

async function predict(
  { job, file, rate }: Request & { kind: 'predict' },
  signal: AbortSignal,
): Promise<void> {
  let left = inOrder();
  const onFailure = ({ name, frame, cause }: SystemFailure) => {
    left = left.filter(({ manifest }) => manifest.name !== name);
    if (left.length === 0) return;
    const where = isVideoFile ? ` at frame ${frame}` : '';
    const message = `${name} failed${where}; received ${messageOf(cause)}`;
    answer({ kind: 'lost', job, name, message, weights: ensembleWeights(left.map((one) => one.manifest)) });
  };
  const isVideoFile = !(await isImageFile(file));
  try {
    if (isVideoFile) await labelVideo({ job, file, rate, signal, onFailure });
    else await labelImage({ job, file, onFailure });
  } catch (error) {
    if (!signal.aborted) answer({ kind: 'failed', job, message: messageOf(error), all: left.length === 0 });
    return;
  }
  answer({ kind: 'done', job });
}

interface Job {
  readonly job: number;
  readonly file: File;
  readonly onFailure: (failure: SystemFailure) => void;
}

async function labelVideo({
  job,
  file,
  onFailure,
  rate,
  signal,
}: Job & { rate: number; signal: AbortSignal }): Promise<void> {
  let aspect = 1;
  await predictVideo(inOrder(), file, {
    ...{ rate, signal, onFailure },
    onOpen: (video) => {
      aspect = video.displayAspect;
      answer({ kind: 'media', job, media: { ...video, video } });
    },
    // Waited for, so that key frames reach the page in their order, and none pile up here.
    onKeyFrame: async ({ frame, time, ...prediction }, image) => {
      const files = await pictureFiles(image, aspect);
      answer({ kind: 'labelled', job, labelled: { ...prediction, ...files, at: { frame, time } } });
    },
  });
}

async function labelImage({ job, file, onFailure }: Job): Promise<void> {
  const image: RgbImage = await decodeImage(file, file.name);
  const { width, height, ...prediction } = await predictImage(inOrder(), image, { onFailure });
  const media: Media = { width, height, displayAspect: width / height, video: null };
  answer({ kind: 'media', job, media });
  const files = await pictureFiles(image, media.displayAspect);
  answer({ kind: 'labelled', job, labelled: { ...prediction, ...files, at: null } });
}

/** What to tell the person in front of the page. */
function messageOf(error: unknown): string {
  return error instanceof UserError ? error.message : `something unexpected went wrong: ${reasonOf(error)}`;
}

async function handle(request: Request, signal: AbortSignal): Promise<void> {
  // Loading always comes to its end: the page waits for it.
  if (request.kind === 'stop' || (request.kind === 'predict' && signal.aborted)) return;
  try {
    await (request.kind === 'load' ? load(request) : predict(request, signal));
  } catch (error) {
    if (signal.aborted) return;
    if (request.kind === 'predict')
      answer({ kind: 'failed', job: request.job, message: messageOf(error), all: false });
    // Each system has its own answer; what fails beside them fails the worker, and the page hears of that.
    else reportError(error);
  }
}

/** One request at a time, since a session runs one; a newer one ends the older at its next key frame. */
let queue = Promise.resolve();

self.onmessage = ({ data: request }: MessageEvent<Request>) => {
  running.abort();
  const { signal } = (running = new AbortController());
  queue = queue.then(() => handle(request, signal));
};
