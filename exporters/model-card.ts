import type { BundleManifest } from '../src/core/bundle.ts';

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

function inputText({ input }: BundleManifest): string {
  const { name, kind, height, width, frames } = input;
  const shape = kind === 'clip' ? `N, ${frames}, ${height}, ${width}, 3` : `N, ${height}, ${width}, 3`;
  const clip = kind === 'clip' ? ` A clip is ${windowsText(input)} around the key frame.` : '';
  return (
    `\`${name}\`: uint8 RGB, [${shape}].${clip} Frames are resized to ${width}×${height} with an antialiased ` +
    'bilinear filter, ignoring the aspect ratio; normalisation is inside the graph.'
  );
}

/** "16 frames, 1 apart,"; of several windows, all, in the order in which they lie in the clip. */
function windowsText({ frames, speed, height, width, windows }: BundleManifest['input']): string {
  if (!windows) return `${frames} frames, ${speed} apart,`;
  const parts = windows.map((window) => {
    const isSmall = window.height < height || window.width < width;
    const size = isSmall ? ` (${window.width}×${window.height}, in the top left corner)` : '';
    return `${window.frames === 1 ? 'the key frame' : `${window.frames} frames, ${window.speed} apart`}${size}`;
  });
  return `${parts.join(', then ')},`;
}

function outputText({ outputs, threshold }: BundleManifest): string {
  const rows = outputs.map(({ name, shape }) => `- \`${name}\`: float32 [${shape.join(', ')}], in 0–1`);
  return `${rows.join('\n')}\n\nA label is predicted where its probability is at least ${threshold}.`;
}

function scoresText({ validation }: BundleManifest): string {
  if (!validation) return 'Not measured.';
  const { dataset, split, samples, precision, recall, f1 } = validation;
  const percent = (rate: number) => (100 * rate).toFixed(1);
  return [
    `Example-based, on ${samples} samples of the ${split} split of ${dataset}:`,
    '',
    '| precision | recall | F1 |',
    '|---:|---:|---:|',
    `| ${percent(precision)} | ${percent(recall)} | ${percent(f1)} |`,
  ].join('\n');
}

function runningText({ name, input }: BundleManifest): string {
  return `From the command line:

    npx actionnx predict ${name} photo.jpg

With onnxruntime-node, or onnxruntime-web in a browser, on frames of the right size:

\`\`\`js
import { InferenceSession, Tensor } from 'onnxruntime-node'; // or 'onnxruntime-web'

const session = await InferenceSession.create('model.onnx');
const shape = [1, ${input.kind === 'clip' ? `${input.frames}, ` : ''}${input.height}, ${input.width}, 3];
const frames = new Tensor('uint8', bytes, shape); // bytes: a Uint8Array of RGB values
const { probabilities } = await session.run({ ${input.name}: frames });
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
