import { reasonOf, UserError } from '../../src/core/errors.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { defaultThreads, webRuntime } from '../../src/runtime/web.ts';
import {
  type Classifier,
  decodeImage,
  ensembleWeights,
  isImageFile,
  loadBundle,
  openClassifier,
  predictImage,
  predictVideo,
} from '../client.ts';
import type { LoadedSystem, Media, Request, Response } from './protocol.ts';

/** Longer sides are shrunk to this for showing, pixels. */
const shownSide = 960;

const classifiers: Classifier[] = [];
let running = new AbortController();

function answer(response: Response, transfer: Transferable[] = []): void {
  self.postMessage(response, { transfer });
}

async function load({ bundles, ortUrl, provider }: Request & { kind: 'load' }): Promise<void> {
  const systems: LoadedSystem[] = [];
  for (const [system, url] of bundles.entries()) {
    const name = url.split('/').at(-2) ?? url;
    answer({ kind: 'progress', system, name, loaded: 0, total: 0 });
    const bundle = await loadBundle(url, {
      onProgress: (loaded, total) => answer({ kind: 'progress', system, name, loaded, total }),
    });
    answer({ kind: 'checking', system });
    let fallback: string | null = null;
    const onFallback = (reason: string) => {
      fallback = reason;
    };
    const classifier = await openClassifier(bundle, { provider, wasmPaths: ortUrl, onFallback });
    classifiers.push(classifier);
    systems.push({ manifest: classifier.manifest, provider: classifier.provider, fallback });
  }
  const { name, version } = webRuntime();
  const weights = ensembleWeights(systems.map(({ manifest }) => manifest));
  answer({ kind: 'ready', systems, weights, runtime: `${name} ${version}`, threads: defaultThreads() });
}

async function predict(
  { job, file, rate }: Request & { kind: 'predict' },
  signal: AbortSignal,
): Promise<void> {
  if (!(await isImageFile(file))) {
    const pictures: Promise<void>[] = [];
    await predictVideo(classifiers, file, {
      rate,
      signal,
      onOpen: (video) => answer({ kind: 'media', job, media: { ...video, video } }),
      onKeyFrame: ({ frame, time, ...prediction }, image) => {
        pictures.push(
          shown(image).then((picture) =>
            answer({ kind: 'labelled', job, labelled: { ...prediction, picture, at: { frame, time } } }, [
              picture,
            ]),
          ),
        );
      },
    });
    await Promise.all(pictures);
  } else {
    const image = await decodeImage(file, file.name);
    const { width, height, ...prediction } = await predictImage(classifiers, image);
    const media: Media = { width, height, displayAspect: width / height, video: null };
    answer({ kind: 'media', job, media });
    const picture = await shown(image);
    answer({ kind: 'labelled', job, labelled: { ...prediction, picture, at: null } }, [picture]);
  }
  answer({ kind: 'done', job });
}

function shown(image: RgbImage): Promise<ImageBitmap> {
  const scale = Math.min(1, shownSide / Math.max(image.width, image.height));
  const { width, height, data } =
    scale < 1
      ? resizeBilinear(image, Math.round(image.width * scale), Math.round(image.height * scale))
      : image;
  const rgba = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba.data[to] = data[from];
    rgba.data[to + 1] = data[from + 1];
    rgba.data[to + 2] = data[from + 2];
    rgba.data[to + 3] = 255;
  }
  return createImageBitmap(rgba);
}

/** What to tell the person in front of the page. */
function messageOf(error: unknown): string {
  return error instanceof UserError ? error.message : `something unexpected went wrong: ${reasonOf(error)}`;
}

async function handle(request: Request, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await (request.kind === 'load' ? load(request) : predict(request, signal));
  } catch (error) {
    if (signal.aborted) return;
    answer({
      kind: 'failed',
      job: request.kind === 'predict' ? request.job : null,
      message: messageOf(error),
    });
  }
}

/** One request at a time, since a session runs one; a newer one ends the older at its next key frame. */
let queue = Promise.resolve();

self.onmessage = ({ data: request }: MessageEvent<Request>) => {
  running.abort();
  const { signal } = (running = new AbortController());
  queue = queue.then(() => handle(request, signal));
};
