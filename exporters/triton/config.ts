import type { BundleManifest } from '../../src/bundle/manifest.ts';
import type { Input } from '../../src/inputs/input.ts';
import { InputPlan } from '../../src/inputs/plan.ts';

/**
 * `config.pbtxt` of a model in NVIDIA Triton's repository (message ModelConfig of model_config.proto, in protobuf's text
 * form). The batch is not among a port's dimensions: `max_batch_size` says that there is one, and requests that come
 * together are run together. The bundle's `inputs` are among its parameters, for clients: which frames of a video, and
 * how they are resized.
 */
export function tritonConfig(
  { name, inputs, outputs }: BundleManifest,
  { maxBatchSize, labelFile }: { maxBatchSize: number; labelFile: string },
): string {
  const input = ([name, { dtype, shape }]: [string, Input]) =>
    port(name, dtype === 'uint8' ? 'TYPE_UINT8' : 'TYPE_FP32', shape);
  const output = ({ name, shape }: BundleManifest['outputs'][number]) => {
    const dimensions = shape.slice(1).map((extent) => (typeof extent === 'string' ? -1 : extent));
    const labelled = name === 'probabilities' ? [`    label_filename: ${quoted(labelFile)}`] : [];
    return port(name, 'TYPE_FP32', dimensions, labelled);
  };
  return `name: ${quoted(name)}
backend: "onnxruntime"
default_model_filename: "model.onnx"
max_batch_size: ${maxBatchSize}
input [
${[...new InputPlan(inputs).inputs].map(input).join(',\n')}
]
output [
${outputs.map(output).join(',\n')}
]
dynamic_batching { }
parameters {
  key: "actionnx.inputs"
  value: { string_value: ${quoted(JSON.stringify(inputs))} }
}
`;
}

function port(
  name: string,
  type: string,
  dimensions: readonly number[],
  more: readonly string[] = [],
): string {
  const lines = [
    `    name: ${quoted(name)}`,
    `    data_type: ${type}`,
    `    dims: [ ${dimensions.join(', ')} ]`,
    ...more,
  ];
  return `  {\n${lines.join('\n')}\n  }`;
}

/** JSON escapes a string as protobuf's text form does, but for characters that names do not have. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
