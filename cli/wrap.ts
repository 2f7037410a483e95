import type { CommandModule } from 'yargs';
import { activations } from '../exporters/onnx/wrap.ts';
import { type WrapModelOptions, wrapModel } from '../jobs/wrap.ts';
import { bundleOptions, modelOptions, numbersOf, tellBundle } from './bundle-options.ts';
import { listening } from './listening.ts';

type Arguments = Omit<WrapModelOptions, 'mean' | 'std' | 'normalized'> & {
  model: string;
  mean?: string;
  std?: string;
  normalized?: 'none';
  json: boolean;
};

/** `actionnx wrap`: any ONNX classifier as a bundle. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'wrap <model>',
  describe: 'make a bundle of any ONNX classifier of images or clips: labels, preprocessing, activation',
  builder: (yargs) =>
    yargs
      .positional('model', { type: 'string', demandOption: true, describe: 'an .onnx file' })
      .options({
        labels: { type: 'string', demandOption: true, describe: 'a file with one label a line' },
        mean: { type: 'string', describe: "R,G,B in 0–1; default: ImageNet's" },
        std: { type: 'string', describe: "R,G,B in 0–1; default: ImageNet's" },
        normalized: {
          choices: ['none'],
          describe: 'none: the model takes values of 0–255 as they are; default: by --mean and --std',
        },
        activation: {
          choices: activations,
          defaultDescription: '"none"',
          describe: "what makes probabilities of the model's scores; none: they are probabilities",
        },
        layout: {
          choices: ['nchw', 'nhwc'],
          describe: 'where the channels are, clips alike; default: the axis that is 3 long',
        },
        size: { type: 'number', describe: 'height and width, where the model takes any' },
        frames: { type: 'number', describe: 'frames of a clip, where the model takes any number' },
        speed: { ...modelOptions.speed, describe: "the step between a clip's frames; default: 1" },
        input: { type: 'string', describe: "the input's name; default: the only one" },
        output: { type: 'string', describe: 'the output with the scores; default: the one that fits' },
        ...bundleOptions,
      })
      .example(
        'actionnx wrap resnet50.onnx --labels imagenet.txt --activation softmax --out bundles/resnet50',
        'logits of a model trained on ImageNet',
      )
      .example(
        'actionnx wrap mobilenet.onnx --labels labels.txt --mean .5,.5,.5 --std .5,.5,.5',
        'probabilities, of frames scaled to −1 to 1',
      ) as never,
  handler: async ({ model, mean, std, normalized, json, ...args }) => {
    const details = { mean: numbersOf(mean), std: numbersOf(std), normalized: normalized !== 'none' };
    tellBundle(await listening((listener) => wrapModel(model, { ...args, ...details, ...listener })), json);
  },
};
