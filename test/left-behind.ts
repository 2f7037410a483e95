import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import * as nodeOrt from 'onnxruntime-node';
import * as webOrt from 'onnxruntime-web/wasm';

/** Sessions of onnxruntime, of either build, that were made since this was loaded and not released. */
const openSessions = new Set<object>();

interface Session {
  release(): Promise<void>;
}

/** The library's own calls go through; they are only counted. */
function count(library: { create(...given: never[]): Promise<Session> }): void {
  const create = library.create.bind(library);
  library.create = async (...given) => {
    const session = await create(...given);
    const release = session.release.bind(session);
    openSessions.add(session);
    session.release = async () => {
      // Released twice, a session of the library throws.
      await release();
      openSessions.delete(session);
    };
    return session;
  };
}
count(nodeOrt.InferenceSession);
count(webOrt.InferenceSession);

/** What libuv keeps open for us. Timers and requests come and go with the test runner's own. */
const handles = /^(ProcessWrap|PipeWrap|TCP\w*Wrap|FSEventWrap|Worker|MessagePort)$/;

const folder = '/proc/self/fd';
if (!existsSync(folder)) console.warn(`there is no ${folder} here: open files are not counted`);

/** Open files, pipes and sockets by what they lead to, where the system shows them. */
function openFiles(): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((number) => {
    try {
      return readlinkSync(`${folder}/${number}`).replace(/:\[\d+\]$/, '');
    } catch {
      // The folder's own handle, which is closed again.
      return [];
    }
  });
}

/** All that this process holds and has to give back, by what it is. */
function held(others: Readonly<Record<string, () => number>>): Map<string, number> {
  const counts = new Map<string, number>([['session', openSessions.size]]);
  const resources = process.getActiveResourcesInfo().filter((kind) => handles.test(kind));
  for (const thing of [...openFiles(), ...resources]) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  for (const [thing, number] of Object.entries(others)) counts.set(thing, number());
  return counts;
}

/**
 * What some work leaves behind in this process: sessions of onnxruntime, open files, pipes and sockets, child
 * processes and workers. It is done twice, and what the second time adds is counted: libraries load in the first, and
 * keep what they need.
 *
 * @param work whether it succeeds or fails is its own business
 * @param others numbers of things that are counted besides, such as tfjs's tensors
 * @returns how many more of each there are than before; nothing where all was given back
 */
export async function leftBehind(
  work: () => Promise<unknown>,
  others: Readonly<Record<string, () => number>> = {},
): Promise<Record<string, number>> {
  await work();
  await turn();
  const before = held(others);
  await work();
  await turn();
  const left = [...held(others)].flatMap(([thing, number]): [string, number][] => {
    const more = number - (before.get(thing) ?? 0);
    return more > 0 ? [[thing, more]] : [];
  });
  return Object.fromEntries(left);
}

/** Handles that were closed are gone one turn of the event loop later. */
async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((done) => setImmediate(done));
}
