import { reasonOf } from '../../src/core/errors.ts';
import { parseSite, type Site } from '../site.ts';
import { byId, element } from './element.ts';
import { Notice } from './notice.ts';
import { Session } from './session.ts';
import { Silence } from './silence.ts';
import { Systems } from './systems.ts';
import { setUpTheme } from './theme.ts';
import { trainedOn } from './trained-on.ts';

/** What is wrong with the systems: it stays until they are loaded again. */
const trouble = new Notice(byId('trouble'));
/** What is wrong with a file: it stays until the next. */
const error = new Notice(byId('error'));
const silenceNotice = new Notice(byId('silence'));
const silence = new Silence((message) => {
  if (message === null) silenceNotice.hide();
  else silenceNotice.show([message]);
});

let session: Session | null = null;
/** Chosen before the page had started. */
let early: File | null = null;

function label(file: File): void {
  early = file;
  if (session) session.label(file);
  else byId('caption').textContent = `${file.name} · waits for the page`;
}

/** Fetches an example that the site carries, and labels it, unless another file was chosen meanwhile. */
async function labelExample({ name, file }: Site['examples'][number], session: Session): Promise<void> {
  const turn = session.takeTurn();
  error.hide();
  byId('caption').textContent = `fetching ${name} …`;
  try {
    const response = await fetch(file);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const blob = await response.blob();
    if (session.isLatest(turn)) session.label(new File([blob], name, { type: blob.type }));
  } catch (cause) {
    if (!session.isLatest(turn)) return;
    byId('caption').textContent = '';
    error.show([`cannot fetch the example ${name}; received ${reasonOf(cause)}; check the connection`], () =>
      labelExample({ name, file }, session),
    );
  }
}

function setUpFiles(): void {
  const fileInput = byId<HTMLInputElement>('file');
  fileInput.onchange = () => {
    const [file] = fileInput.files ?? [];
    if (file) label(file);
    // So that the same file can be chosen again.
    fileInput.value = '';
  };
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  document.addEventListener('dragleave', () => document.body.classList.remove('dragging'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
    labelDropped(event.dataTransfer);
  });
}

function labelDropped(dropped: DataTransfer | null): void {
  const files = [...(dropped?.files ?? [])];
  const isFolder = dropped?.items[0]?.webkitGetAsEntry()?.isDirectory;
  if (files.length === 0 || isFolder) {
    error.show([`drop an image or a video file; received ${isFolder ? 'a folder' : 'something else'}`]);
    return;
  }
  label(files[0]);
  if (files.length > 1) {
    error.show([`one file at a time: of the ${files.length} that were dropped this is ${files[0].name}`]);
  }
}

function setUpExamples(site: Site, session: Session): void {
  if (site.examples.length === 0) return;
  const buttons = site.examples.map((example) => {
    const button = element('button', { type: 'button', className: 'quiet', textContent: example.name });
    button.onclick = () => labelExample(example, session);
    return button;
  });
  byId('examples').replaceChildren('or try', ...buttons);
}

async function fetchSite(): Promise<Site> {
  const response = await fetch('site.json');
  if (!response.ok) throw new Error(`HTTP ${response.status} for site.json`);
  const text = await response.text();
  // Some servers send their front page for whatever they do not have.
  if (text.trimStart().startsWith('<')) throw new Error('a page of HTML in place of site.json');
  return parseSite(JSON.parse(text), 'site.json');
}

async function start(): Promise<void> {
  document.body.dataset.state = 'loading';
  trouble.hide();
  silence.begin(() => 'Nothing has been heard from the server for a while. Waiting for: site.json.');
  let site: Site;
  try {
    site = await fetchSite();
  } catch (cause) {
    silence.end();
    document.body.dataset.state = 'failed';
    const received = `${reasonOf(cause)}; check that the server runs and has the whole site, or deploy it again`;
    trouble.show([`the page cannot start; received ${received}`], start);
    return;
  }
  const licences = element('a', { href: 'licenses.txt', textContent: 'licences of its parts' });
  byId('footer').replaceChildren(`Actionnx ${site.version} · `, licences);
  const systems: Systems = new Systems({
    ...{ site, trouble, silence },
    onLoad: () => shown.hearLoading(),
    onReady: () => {
      const training = trainedOn(systems.loaded.map(({ manifest }) => manifest.provenance));
      byId('trained').textContent = training ?? '';
      byId('trained').hidden = training === null;
      shown.hearReady();
    },
    onJob: (response) => shown.hear(response),
  });
  const shown = new Session({ systems, error, silence });
  session = shown;
  setUpExamples(site, shown);
  byId('provider').onchange = () => systems.load();
  systems.load();
  if (early) shown.label(early);
}

document.documentElement.dataset.started = '';
byId('unstarted').hidden = true;
setUpTheme(byId<HTMLButtonElement>('theme'));
setUpFiles();
start();
