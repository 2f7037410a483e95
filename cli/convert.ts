import type { CommandModule } from 'yargs';
import { bytesText } from '../exporters/inspect/bytes-text.ts';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import { type ConvertedModel, type ConvertModelOptions, convertModel } from '../jobs/convert.ts';
import { bundleOptions, tfjsOptions, toleranceOption } from './bundle-options.ts';
import { importModule } from './import-module.ts';
import { listening } from './listening.ts';
import { precisionOptions, targetOption } from './precision-options.ts';
import { table } from './table.ts';
import { unvariedNote, verificationTable } from './verification-table.ts';

type Arguments = ConvertModelOptions & { model: string; import?: string; json: boolean };

/** `actionnx convert`: any tfjs model as an .onnx file. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'convert <model>',
  describe: 'write any tfjs model as an .onnx file, with its own inputs and outputs, proven against tfjs',
  builder: (yargs) =>
    yargs
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe: 'the model.json of a tfjs model of either format, or its folder',
      })
      .options({
        out: { type: 'string', describe: '.onnx file; default: <the model’s name>.onnx' },
        inputs: {
          type: 'string',
          describe: 'npz or safetensors of inputs to verify with; default: random ones',
        },
        ...{ ...tfjsOptions, ...toleranceOption, ...targetOption },
        precision: { ...precisionOptions.precision, choices: ['fp32', 'fp16', 'int8-weights'] },
        'external-data': bundleOptions['external-data'],
        json: { type: 'boolean', default: false, describe: 'print the ports and the checks as JSON' },
      })
      .example('actionnx convert model.json --out model.onnx', 'tried on random inputs')
      .example('actionnx convert model.json --inputs some.npz', 'tried on yours') as never,
  handler: async ({ model, import: module, json, ...args }) => {
    await importModule(module);
    const converted = await listening((listener) => convertModel(model, { ...args, ...listener }));
    if (json) console.log(JSON.stringify(asJson(converted), null, 2));
    else tell(converted, args.externalData ?? false);
  },
};

function asJson({ file, onnx, backend, verification }: ConvertedModel): object {
  const { inputs, outputs, opset, parameters, byteLength: bytes } = onnx;
  const external = onnx.external && { file: onnx.external.name, bytes: onnx.external.byteLength };
  return {
    ...{ file, bytes, external, opset, parameters, tfjsBackend: backend, inputs, outputs, verification },
  };
}

function tell({ file, onnx, backend, verification }: ConvertedModel, isOutside: boolean): void {
  const ports = (kind: string, list: OnnxModel['inputs']) =>
    list.map(({ name, dtype, shape }) => [kind, name, dtype, `[${shape.join(', ')}]`]);
  console.log(
    `${table(['', 'Name', 'Type', 'Shape'], [...ports('input', onnx.inputs), ...ports('output', onnx.outputs)])}\n`,
  );
  console.log(`${verificationTable(verification, `tfjs (${backend})`)}\n`);
  const note = unvariedNote(verification);
  if (note) console.log(`${note}: try others with --inputs\n`);
  const bytes = onnx.byteLength + (onnx.external?.byteLength ?? 0);
  const size = `${bytesText(bytes)}, ${onnx.parameters.toLocaleString('en')} parameters`;
  const where = onnx.external ? `${file} and ${onnx.external.name}` : file;
  console.log(`${where}: opset ${onnx.opset}, ${size}`);
  if (isOutside && !onnx.external) console.log('no weight is large enough to lie in a file of its own');
}
