import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../models/index.ts';
import { encodePng, readImage } from '../../src/node/image-file.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';
import { packedFiles, packedInstall, run } from './packed-install.ts';

const root = resolve(import.meta.dirname, '../..');

describe('the packed package', () => {
  let project: string;
  /** As npx does, which takes a while to find it. */
  const actionnx = (...args: string[]) =>
    run('node', [join(project, 'node_modules/.bin/actionnx'), ...args], project);

  beforeAll(async () => {
    project = await packedInstall();
    await writeTinyBundle(join(project, 'bundle'), await tinyBundle('tiny-frame'));
    const data = Uint8Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * 7) % 256);
    await writeFile(join(project, 'photo.png'), await encodePng({ width: 20, height: 10, data }));
  }, 600_000);

  /** What the bundle says of the photo when it is run from the sources. */
  async function expected(): Promise<number[]> {
    const classifier = await Classifier.open(await tinyBundle('tiny-frame'), nodeRuntime, {
      provider: 'cpu',
    });
    const { probabilities } = await classifier.predict([[await readImage(join(project, 'photo.png'))]]);
    await classifier.release();
    return [...probabilities];
  }

  it('holds the built files, the README and the licence, and is small', async () => {
    const files = await packedFiles();
    const others = files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/.*\.(js|d\.ts|html|css|svg)$/.test(path));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'dist/web-page/licenses.txt', 'package.json']);
    expect(files.filter(({ path }) => /(^|\/)(test|bench|scripts)\/|\.test\./.test(path))).toEqual([]);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(4e6);
  });

  it('carries the Apache licence', async () => {
    const licence = await readFile(join(project, 'node_modules/actionnx/LICENSE'), 'utf8');
    expect(licence).toMatch(/Apache License\s+Version 2\.0, January 2004/);
    expect(licence).toContain('END OF TERMS AND CONDITIONS');
  });

  it('brings a command', async () => {
    const { stdout } = await run('npx', ['--no-install', 'actionnx', '--version'], project);
    expect(stdout).toBe(`${packageVersion}\n`);
    const listed = JSON.parse((await actionnx('ls', '--json')).stdout);
    expect(listed.systems.map(({ name }: { name: string }) => name)).toEqual(systems.names);
  });

  it('predicts a picture on the command line as the sources do', async () => {
    const { stdout } = await actionnx('predict', 'bundle', 'photo.png', '--provider', 'cpu', '--json');
    const [{ file, keyFrames }] = JSON.parse(stdout).files;
    expect(file).toBe('photo.png');
    expect(keyFrames[0].predictions[0].probabilities).toEqual(await expected());
  });

  it('is imported in Node', async () => {
    const script = `
      import { Classifier, exampleBasedScores, nodeRuntime, readBundle, readImage, systems, voteAverage } from 'actionnx';
      const classifier = await Classifier.open(await readBundle('bundle'), nodeRuntime, { provider: 'cpu' });
      const { probabilities } = await classifier.predict([[await readImage('photo.png')]]);
      const scores = exampleBasedScores({ samples: 1, labels: 2, probabilities: Float32Array.of(1, 1), truth: Uint8Array.of(1, 0), task: { kind: 'multi-label', threshold: 0.5 } });
      await classifier.release();
      const ensemble = [...voteAverage([Float32Array.of(0.2), Float32Array.of(0.75)], [0.25, 0.75])];
      console.log(JSON.stringify({ probabilities: [...probabilities], systems: systems.names, scores, ensemble }));
    `;
    await writeFile(join(project, 'import.js'), script);
    const { stdout } = await run('node', ['import.js'], project);
    expect(JSON.parse(stdout)).toEqual({
      probabilities: await expected(),
      systems: systems.names,
      scores: { precision: 0.5, recall: 1, f1: 2 / 3 },
      // The vote is 0.75, the weighted mean 0.6125.
      ensemble: [Math.fround(0.68125)],
    });
  });

  it('exports a model with a layer of its owner, as docs/custom-layers.md shows', async () => {
    const page = await readFile(join(root, 'docs/custom-layers.md'), 'utf8');
    const layers = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    const save = `
      import { writeFile } from 'node:fs/promises';
      import { selectBackend, tf } from 'actionnx';
      import { Scale } from './layers.js';
      await selectBackend('cpu');
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] }), new Scale({ name: 'scaled' })] });
      await model.save(tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        await writeFile('own.bin', Buffer.from(weightData));
        await writeFile('own.json', JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['own.bin'], weights: weightSpecs }] }));
        return {};
      }));
    `;
    await writeFile(join(project, 'layers.js'), layers);
    await writeFile(join(project, 'save.js'), save);
    await run('node', ['save.js'], project);
    await expect(actionnx('convert', 'own.json', '--out', 'own.onnx')).rejects.toThrow(
      /layers of classes that tfjs does not know; received Scale \("scaled", in "sequential_1"\); register them first.*--import/,
    );
    await actionnx('convert', 'own.json', '--out', 'own.onnx', '--import', 'layers.js');
    const session = await nodeRuntime.open(await readFile(join(project, 'own.onnx')), { provider: 'cpu' });
    expect(session.outputNames).toEqual(['scaled']);
    await session.release();
  });

  it('is typed', async () => {
    const source = `
      import { Classifier, type Dataset, nodeRuntime, openA2d, readBundle, systems } from 'actionnx';
      import { defineConverter, exportOnnx, findLayerWeight, layerWeight } from 'actionnx/export';
      import { openClassifier } from 'actionnx/web';
      const classifier = await Classifier.open(await readBundle('bundle'), nodeRuntime);
      export const dataset: Dataset = await openA2d('A2D');
      export const name: string = classifier.manifest.name;
      // @ts-expect-error it is a string
      export const wrong: number = systems.get('pcd-resnet').name;
      // @ts-expect-error it takes a model
      exportOnnx(1);
      defineConverter('Scale', (layer, [x], graph) => {
        // @ts-expect-error it may be absent
        graph.weight('offsets', findLayerWeight(layer, 'offsets'));
        return graph.node('Mul', [graph.tfjsOrder(x), graph.weight('factors', layerWeight(layer, 'factors'))]);
      });
      // @ts-expect-error it takes a bundle
      await openClassifier(1);
    `;
    await writeFile(join(project, 'typed.ts'), source);
    const flags = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--noEmit'];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    await run(
      'node',
      [compiler, ...flags, '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'typed.ts'],
      project,
    );
  });
});
