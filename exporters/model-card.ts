import type { BundleManifest } from '../src/bundle/manifest.ts';
import { taskText } from '../src/core/task.ts';
import { InputPlan } from '../src/inputs/plan.ts';

/** What a model card says beyond the manifest. */
export interface CardDetails {
  /** "PCD-ResNet". */
  readonly title: string;
  /** A sentence or two: what the model is. */
  readonly summary: string;
  /** How it was trained, one fact a line. */
  readonly training: readonly string[];
}

/** The bundle's README.md: what the model is, what goes in and comes out, how it was trained and how to run it. */
export function modelCard(manifest: BundleManifest, { title, summary, training }: CardDetails): string {
  return [
    `# ${title}`,
    summary,
    '## Input and output',
    inputText(manifest),
    outputText(manifest),
    '## Training',
    training.length > 0 ? training.map((fact) => `- ${fact}`).join('\n') : 'Not recorded.',
    '## Scores',
    scoresText(manifest),
    ...precisionText(manifest),
    '## Running it',
    runningText(manifest),
    '## Files',
    filesText(manifest),
    `## Labels (${manifest.labels.names.length})`,
    labelsText(manifest),
    '',
  ].join('\n\n');
}

function inputText({ inputs }: BundleManifest): string {
  const rows = [...new InputPlan(inputs).inputs].map(([name, { shape, dtype, title, normalization }]) => {
    const values = normalization ? 'RGB levels, which the graph normalises' : 'as they are';
    return `- \`${name}\`: ${dtype} [${['N', ...shape].join(', ')}]: ${title}; ${values}`;
  });
  const resized = 'Pictures are resized with an antialiased bilinear filter, ignoring the aspect ratio.';
  return `${rows.join('\n')}\n\n${resized}`;
}

function outputText({ outputs, task }: BundleManifest): string {
  const rows = outputs.map(({ name, shape, role }) => {
    return `- \`${name}\`: float32 [${shape.join(', ')}]${role === 'features' ? '' : ', in 0–1'}`;
  });
  const decided = taskText(task);
  return `${rows.join('\n')}\n\n${decided[0].toUpperCase()}${decided.slice(1)}.`;
}

function scoresText({ scores }: BundleManifest): string {
  if (scores.length === 0) return 'Not measured.';
  const names = [...new Set(scores.flatMap(({ metrics }) => Object.keys(metrics)))];
  const percent = (rate: number | undefined) => (rate === undefined ? '–' : (100 * rate).toFixed(1));
  return [
    'Percent:',
    '',
    `| data set | split | samples | ${names.join(' | ')} |`,
    `|---|---|---:|${names.map(() => '---:|').join('')}`,
    ...scores.map(
      ({ dataset, split, samples, metrics }) =>
        `| ${dataset} | ${split} | ${samples} | ${names.map((name) => percent(metrics[name])).join(' | ')} |`,
    ),
  ].join('\n');
}

function runningText({ name, inputs }: BundleManifest): string {
  const feeds = [...new InputPlan(inputs).inputs].map(([input, { shape, dtype }]) => {
    const values = dtype === 'uint8' ? 'Uint8Array of RGB levels' : 'Float32Array';
    return `  ${input}: new Tensor('${dtype}', ${input}, [1, ${shape.join(', ')}]), // of a ${values}`;
  });
  return `From the command line:

    npx actionnx predict ${name} photo.jpg

With onnxruntime-node, or onnxruntime-web in a browser, on pictures of the right size:

\`\`\`js
import { InferenceSession, Tensor } from 'onnxruntime-node'; // or 'onnxruntime-web'

const session = await InferenceSession.create('model.onnx');
const { probabilities } = await session.run({
${feeds.join('\n')}
});
\`\`\``;
}

function filesText({ graph, golden }: BundleManifest): string {
  const megabytes = (graph.bytes / 1e6).toFixed(1);
  const parameters = graph.parameters.toLocaleString('en');
  return [
    `- \`${graph.file}\`: ONNX opset ${graph.opset}, ${megabytes} MB, ${parameters} parameters, sha256 \`${graph.sha256}\``,
    ...(graph.external ? [`- \`${graph.external.file}\`: its weights, which have to lie beside it`] : []),
    `- \`${golden.file}\`: inputs with the outputs that ${
      graph.precision === 'fp32' ? 'TensorFlow.js' : "this graph in onnxruntime-node's CPU provider"
    } gave for them`,
    '- `bundle.json`: all of the above for programs',
  ].join('\n');
}

/** What a precision below float32 costs; nothing at float32. */
function precisionText({ graph: { precision, cost } }: BundleManifest): string[] {
  if (!cost) return [];
  const { bytesRatio, speedRatio, processor, meanDifference, maxDifference, f1 } = cost;
  const percent = (rate: number) => (100 * rate).toFixed(1);
  const lines = [
    `- ${bytesRatio.toFixed(2)} times smaller than float32, ${speedRatio.toFixed(2)} times as fast on ${processor ?? 'the CPU where it was exported'}`,
    `- probabilities differ by ${meanDifference.toPrecision(2)} in the mean, ${maxDifference.toPrecision(2)} at most`,
    ...(f1
      ? [
          `- F1 on ${f1.samples} samples of the ${f1.split} split of ${f1.dataset}: ${percent(f1.here)}, at float32 ${percent(f1.float32)}`,
        ]
      : []),
  ];
  return [`## Precision: ${precision}`, lines.join('\n')];
}

function labelsText({ labels }: BundleManifest): string {
  return labels.names.map((name, index) => `${index}. ${name}`).join('\n');
}
