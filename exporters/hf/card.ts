import type { FramesInput } from '../../src/bundle/frames-input.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { taskText } from '../../src/core/task.ts';
import { hubSystem, type Threshold } from './hub-system.ts';

/**
 * README.md: what the hub reads at its head (tags, scores as a `model-index`), and how to run the model.
 *
 * @param dtype what transformers.js calls the precision of the graph
 */
export function huggingFaceCard(
  manifest: BundleManifest,
  { files, dtype }: { files: readonly string[]; dtype: string },
): string {
  const { name, labels } = manifest;
  const { input, threshold } = hubSystem(manifest);
  const isClip = input.kind === 'clip';
  return [
    frontMatter(manifest, input),
    `# ${name}`,
    `A multi-label action classifier: ${labels.names.length} labels for ${isClip ? `a clip of ${input.frames} frames, ${input.speed} apart` : 'a frame'}. ` +
      'Trained in TensorFlow.js and exported to ONNX by Actionnx.',
    '`pixel_values` are float32 RGB levels in 0–255, channels first, ' +
      `[N, ${isClip ? `${input.frames}, ` : ''}3, height, width] of any size: resizing and normalisation are inside the graph, so ` +
      'that every client gets the same answer. `logits` go through a sigmoid (not a softmax: the labels do not exclude ' +
      `one another), and ${taskText(manifest.task)}.`,
    isClip ? clipUsage(threshold, dtype) : frameUsage(threshold, dtype),
    `## Files\n\n${files.map((file) => `- \`${file}\``).join('\n')}`,
    '',
  ].join('\n\n');
}

/** YAML, with every string quoted as JSON quotes it: YAML reads that as it is. */
function frontMatter({ name, scores }: BundleManifest, input: FramesInput): string {
  const task = input.kind === 'clip' ? 'video-classification' : 'image-classification';
  const lines = [
    'library_name: transformers.js',
    `pipeline_tag: ${task}`,
    'tags: [onnx, actionnx, action-recognition, multi-label-classification]',
  ];
  if (scores.length > 0) lines.push('model-index:', `  - name: ${JSON.stringify(name)}`, '    results:');
  for (const { dataset, split, metrics } of scores) {
    lines.push(
      `      - task: { type: ${task} }`,
      `        dataset: { name: ${JSON.stringify(dataset)}, type: ${JSON.stringify(dataset)}, split: ${JSON.stringify(split)} }`,
      '        metrics:',
      ...Object.entries(metrics).map(([metric, value]) => {
        const [type, average] = metric.split('/');
        const title = average === 'samples' ? `example-based ${type}` : metric;
        return `          - { type: ${type}, value: ${value}, name: ${JSON.stringify(title)} }`;
      }),
    );
  }
  return `---\n${lines.join('\n')}\n---`;
}

function frameUsage(threshold: Threshold, dtype: string): string {
  return `With transformers.js; its \`image-classification\` pipeline takes a softmax whatever \`problem_type\` says, so the model is
called by itself:

\`\`\`js
import { AutoModelForImageClassification, AutoProcessor, RawImage } from '@huggingface/transformers';

const model = await AutoModelForImageClassification.from_pretrained(folder, { dtype: '${dtype}' });
const processor = await AutoProcessor.from_pretrained(folder);
const { logits } = await model(await processor(await RawImage.read('photo.jpg')));
${labelled(threshold)}
\`\`\``;
}

function clipUsage(threshold: Threshold, dtype: string): string {
  return `With transformers.js, which has no pipeline for clips:

\`\`\`js
import { AutoModel, AutoProcessor } from '@huggingface/transformers';

const model = await AutoModel.from_pretrained(folder, { dtype: '${dtype}' });
const processor = await AutoProcessor.from_pretrained(folder);
const { pixel_values } = await processor(images); // RawImages, as many as a clip has, of one size
const { logits } = await model({ pixel_values: pixel_values.unsqueeze(0) });
${labelled(threshold)}
\`\`\``;
}

function labelled(threshold: Threshold): string {
  const least = typeof threshold === 'number' ? threshold : `${JSON.stringify(threshold)}[id]`;
  return `const probabilities = logits.sigmoid().tolist()[0];
const labels = probabilities.flatMap((p, id) => (p >= ${least} ? model.config.id2label[id] : []));`;
}
