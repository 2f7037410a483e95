import { reasonOf } from '../../src/core/errors.ts';
import { parseSite, type Site } from '../site.ts';
import { byId, clock, element } from './element.ts';
import { paintHeatMap, rampCss, rampRange } from './heat-map.ts';
import { LoadingList } from './loading-list.ts';
import type { LabelledPicture, LoadedSystem, Media, Request, Response } from './protocol.ts';
import { resultFile } from './result-file.ts';
import { resultCards } from './results.ts';
import { setUpTheme } from './theme.ts';
import { timelineTable } from './timeline.ts';

const provider = byId<HTMLSelectElement>('provider');
const rate = byId<HTMLSelectElement>('rate');
const fileInput = byId<HTMLInputElement>('file');
const progress = byId<HTMLProgressElement>('progress');
/** What stands in place of labels while there are none. */
const noLabels = [...byId('results').childNodes];

/** What the page shows. */
const state = {
  systems: [] as readonly LoadedSystem[],
  weights: null as readonly number[] | null,
  runtime: '',
  file: null as File | null,
  media: null as Media | null,
  pictures: [] as LabelledPicture[],
  selected: 0,
  /** Counts the requests for labels: answers to an older one are dropped. */
  job: 0,
  /** Cards that list all labels, by title. */
  unfolded: new Set<string>(),
};

let site: Site;
let worker: Worker;
let loading: LoadingList;
let player: ReturnType<typeof setInterval> | undefined;

function showError(message: string | null): void {
  const box = byId('error');
  box.hidden = message === null;
  box.textContent = message ?? '';
}

function ask(request: Request): void {
  worker.postMessage(request);
}

/** Loads all systems afresh, in a worker of their own. */
function loadSystems(): void {
  worker?.terminate();
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'actionnx' });
  worker.onmessage = ({ data }: MessageEvent<Response>) => hear(data);
  worker.onerror = ({ message }) => showError(`the worker failed: ${message || 'it could not be loaded'}`);
  loading = new LoadingList(
    byId('systems'),
    site.systems.map(({ name }) => name),
  );
  state.systems = [];
  document.body.dataset.state = 'loading';
  ask({
    kind: 'load',
    bundles: site.systems.map(({ bundle }) => new URL(bundle, document.baseURI).href),
    ortUrl: new URL('ort/', document.baseURI).href,
    provider: provider.value === 'webgpu' ? 'webgpu' : 'wasm',
  });
}

function hear(response: Response): void {
  if (response.kind === 'progress') loading.progress(response.system, response.loaded, response.total);
  else if (response.kind === 'checking') loading.checking(response.system);
  else if (response.kind === 'ready') hearReady(response);
  else if (response.job === null || response.job === state.job) hearOfJob(response);
}

function hearReady({ systems, weights, runtime, threads }: Response & { kind: 'ready' }): void {
  Object.assign(state, { systems, weights, runtime });
  loading.ready(systems, threads);
  document.body.dataset.state = 'ready';
  if (state.file) label(state.file);
}

function hearOfJob(response: Response & { job: number | null }): void {
  if (response.kind === 'media') {
    state.media = response.media;
  } else if (response.kind === 'labelled') {
    state.pictures.push(response.labelled);
    progress.value = state.pictures.length / (state.media?.video?.keyFrameCount ?? 1);
    render();
  } else {
    progress.hidden = true;
    byId('download').hidden = response.kind !== 'done';
    document.body.dataset.state = response.kind === 'done' || response.job !== null ? 'done' : 'failed';
    if (response.kind === 'failed') fail(response.message);
  }
}

/** What the file itself gave before it failed stays; what an earlier one gave would be taken for its own. */
function fail(message: string): void {
  showError(message);
  if (state.pictures.length === 0) clear();
}

function clear(): void {
  for (const id of ['frame', 'attention', 'timeline']) byId(id).hidden = true;
  byId('drop').hidden = false;
  byId('caption').textContent = '';
  byId('results').replaceChildren(...noLabels);
}

/** Labels a file; what was shown before stays until the first answer. */
function label(file: File): void {
  showError(null);
  stopPlaying();
  Object.assign(state, { file, pictures: [], selected: 0, job: state.job + 1 });
  byId('download').hidden = true;
  byId('caption').textContent = file.name;
  if (state.systems.length === 0) return;
  document.body.dataset.state = 'labelling';
  progress.hidden = false;
  progress.value = 0;
  ask({ kind: 'predict', job: state.job, file, rate: Number(rate.value) });
}

function select(index: number): void {
  state.selected = index;
  render();
}

function render(): void {
  const { media, pictures, selected, file } = state;
  const labelled = pictures[selected];
  if (!media || !labelled || !file) return;
  renderPicture(labelled, media);
  const place = labelled.at
    ? `frame ${labelled.at.frame} of ${media.video?.frameCount}, ${clock(labelled.at.time)}`
    : '';
  byId('caption').textContent = [file.name, `${media.width} × ${media.height}`, place]
    .filter(Boolean)
    .join(' · ');
  byId('results').replaceChildren(...resultCards(state.systems, state.weights, labelled, state.unfolded));
  byId('timeline').hidden = media.video === null;
  byId('play').hidden = pictures.length < 2;
  if (media.video === null) return;
  const { labels, threshold } = state.systems[0].manifest;
  const options = {
    labels: labels.names,
    threshold,
    aspect: media.displayAspect,
    selected,
    onSelect: select,
  };
  const grid = byId('grid');
  const focused = grid.contains(document.activeElement);
  grid.replaceChildren(timelineTable(pictures, options));
  const current = grid.querySelector<HTMLButtonElement>('button[aria-pressed="true"]');
  if (focused) current?.focus();
  if (current) grid.scrollLeft = Math.max(0, current.offsetLeft - grid.clientWidth / 2);
}

function renderPicture(labelled: LabelledPicture, media: Media): void {
  byId('drop').hidden = true;
  const frame = byId('frame');
  frame.hidden = false;
  frame.style.setProperty('--aspect', String(media.displayAspect));
  const canvas = byId<HTMLCanvasElement>('picture');
  const { picture } = labelled;
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  canvas.ariaLabel = `${state.file?.name}${labelled.at ? ` at ${clock(labelled.at.time)}` : ''}`;
  const attentive = labelled.systems.find(({ attention }) => attention !== null);
  byId('attention').hidden = !attentive;
  byId('heat').hidden = !attentive;
  if (!attentive?.attention) return;
  paintHeatMap(byId<HTMLCanvasElement>('heat'), attentive.attention);
  const [low, high] = rampRange(attentive.attention);
  byId('attention-of').textContent = attentive.name;
  byId('low').textContent = low.toFixed(2);
  byId('high').textContent = high.toFixed(2);
}

function stopPlaying(): void {
  clearInterval(player);
  player = undefined;
  byId('play').textContent = 'Play';
}

function togglePlaying(): void {
  if (player !== undefined) {
    stopPlaying();
    return;
  }
  byId('play').textContent = 'Pause';
  const pause = Math.max(200, 1000 / Number(rate.value));
  player = setInterval(() => select((state.selected + 1) % Math.max(1, state.pictures.length)), pause);
}

function download(): void {
  const { file, media, pictures, systems, weights, runtime } = state;
  if (!file || !media) return;
  const version = site.version;
  const result = resultFile({ fileName: file.name, version, runtime, systems, weights, media, pictures });
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(result, null, 2)}\n`], { type: 'application/json' }),
  );
  element('a', { href: url, download: `${file.name}.json` }).click();
  URL.revokeObjectURL(url);
}

/** Fetches an example that the site carries, and labels it. */
async function labelExample({ name, file }: Site['examples'][number]): Promise<void> {
  try {
    const response = await fetch(file);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const blob = await response.blob();
    label(new File([blob], name, { type: blob.type }));
  } catch (error) {
    showError(`cannot fetch the example ${name}; received ${reasonOf(error)}; reload the page`);
  }
}

function setUpControls(): void {
  fileInput.onchange = () => {
    const [file] = fileInput.files ?? [];
    if (file) label(file);
    // So that the same file can be chosen again.
    fileInput.value = '';
  };
  provider.onchange = loadSystems;
  rate.onchange = () => state.file && label(state.file);
  byId('play').onclick = togglePlaying;
  byId('download').onclick = download;
  byId<HTMLInputElement>('opacity').oninput = applyOpacity;
  applyOpacity();
  byId('ramp').style.background = rampCss;
  byId('grid').onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || state.pictures.length === 0) return;
    event.preventDefault();
    select(Math.min(Math.max(state.selected + step, 0), state.pictures.length - 1));
  };
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  document.addEventListener('dragleave', () => document.body.classList.remove('dragging'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
    const file = event.dataTransfer?.files[0];
    if (file) label(file);
  });
}

function applyOpacity(): void {
  byId('heat').style.opacity = byId<HTMLInputElement>('opacity').value;
}

async function start(): Promise<void> {
  setUpTheme(byId<HTMLButtonElement>('theme'));
  setUpControls();
  const response = await fetch('site.json');
  if (!response.ok) throw new Error(`site.json: HTTP ${response.status}; deploy the site again`);
  site = parseSite(await response.json(), 'site.json');
  const licences = element('a', { href: 'licenses.txt', textContent: 'licences of its parts' });
  byId('footer').replaceChildren(`Actionnx ${site.version} · `, licences);
  if (site.examples.length > 0) {
    const buttons = site.examples.map((example) => {
      const button = element('button', { type: 'button', className: 'quiet', textContent: example.name });
      button.onclick = () => labelExample(example);
      return button;
    });
    byId('examples').replaceChildren('or try', ...buttons);
  }
  loadSystems();
}

start().catch((error) => {
  document.body.dataset.state = 'failed';
  showError(`the page cannot start: ${reasonOf(error)}`);
});
