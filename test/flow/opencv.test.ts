import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { denseFlow } from '../../src/flow/farneback.ts';
import { flowLines } from '../../src/flow/lines.ts';
import { loadOpenCv, withOpenCv } from '../../src/flow/opencv.ts';
import { golden, images } from './golden-flow.ts';

const frames = images(golden.tracks[1]);
const { opencv } = await loadOpenCv();

/** Mats of the library that were made and not deleted. Its own calls go through; they are only counted. */
let mats = 0;
let made = 0;
Object.assign(opencv, {
  Mat: new Proxy(opencv.Mat, {
    construct(target, given) {
      mats++;
      made++;
      return Reflect.construct(target, given);
    },
  }),
});
const deleteMat = opencv.Mat.prototype.delete;
opencv.Mat.prototype.delete = function () {
  deleteMat.call(this);
  mats--;
};

/** How many Mats some work makes, and leaves, whether it succeeds or fails. */
async function count(work: () => Promise<unknown>) {
  const [before, madeBefore] = [mats, made];
  const end = await work().then(
    () => 'done',
    (error) => String(error),
  );
  return { end, made: made - madeBefore, left: mats - before };
}

describe('what lives in OpenCV', () => {
  it('is deleted after success', async () => {
    expect(await count(() => denseFlow(frames[0], frames[1]))).toEqual({ end: 'done', made: 5, left: 0 });
    const { end, made, left } = await count(() => flowLines(frames));
    expect([end, made > 10, left]).toEqual(['done', true, 0]);
  });

  it('is deleted after an error of ours', async () => {
    const short = { ...frames[0], data: frames[0].data.subarray(3) };
    const dense = await count(() => denseFlow(frames[0], short));
    expect(dense).toEqual({ end: expect.stringContaining('three bytes a pixel'), made: 4, left: 0 });
    const { end, left } = await count(() => flowLines([frames[0], short]));
    expect([end, left]).toEqual([expect.stringContaining('three bytes a pixel'), 0]);
  });

  it('is deleted after an error of its own, which says why', async () => {
    const refused = await count(() =>
      withOpenCv((cv, keep) => {
        const gray = keep(new cv.Mat(4, 4, cv.CV_8UC1));
        cv.cvtColor(gray, keep(new cv.Mat()), cv.COLOR_RGB2GRAY);
      }),
    );
    expect(refused).toEqual({
      end: expect.stringMatching(/^UserError: OpenCV cannot do this; received OpenCV\(4\.12\.0\).*; try/),
      made: 2,
      left: 0,
    });
  });
});

it('runs after all that as before', async () => {
  const { data } = await denseFlow(frames[0], frames[1]);
  await expect(withOpenCv(() => Promise.reject(new RangeError('mine')))).rejects.toThrow('mine');
  expect((await denseFlow(frames[0], frames[1])).data).toEqual(data);
});

describe('the library', () => {
  it('is loaded once', async () => {
    expect((await loadOpenCv()).opencv).toBe(opencv);
    expect(opencv.getBuildInformation()).toContain('OpenCV 4.12.0');
  });

  it('is no promise, and changes nothing for the process that it comes into', () => {
    const module = JSON.stringify(new URL('../../dist/src/flow/opencv.js', import.meta.url));
    const script = `
      const listeners = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listeners(event).length);
      process.on('unhandledRejection', () => {});
      const before = listeners();
      const { opencv } = await (await import(${module})).loadOpenCv();
      console.log(JSON.stringify({ before, after: listeners(), then: typeof (await opencv).then }));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect([stdout.trim(), stderr]).toEqual(['{"before":[0,1],"after":[0,1],"then":"undefined"}', '']);
  });
});
