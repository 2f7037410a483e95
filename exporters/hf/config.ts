import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { hubSystem } from './hub-system.ts';

/**
 * `config.json`. transformers.js runs every image classifier in the same way, whatever its backbone: "resnet" is the
 * plainest that it knows. It knows no video classifiers, and runs a clip's graph as a bare model.
 *
 * @param dtype the precision that it takes where it is not told one
 * @param files of the repository: what a later one of ours replaces, and nothing else
 */
export function modelConfig(manifest: BundleManifest, dtype: string, files: readonly string[]): object {
  const { labels, provenance } = manifest;
  const { input, threshold } = hubSystem(manifest);
  const isClip = input.kind === 'clip';
  return {
    model_type: isClip ? 'actionnx-clip' : 'resnet',
    ...(isClip ? {} : { architectures: ['ResNetForImageClassification'] }),
    problem_type: 'multi_label_classification',
    id2label: Object.fromEntries(labels.names.map((name, id) => [id, name])),
    label2id: Object.fromEntries(labels.names.map((name, id) => [name, id])),
    num_labels: labels.names.length,
    num_channels: 3,
    'transformers.js_config': { dtype },
    actionnx: { threshold, input, system: provenance.system ?? null, files },
  };
}

/** `preprocessor_config.json`: pictures are decoded to RGB levels, and the graph does the rest. */
export function preprocessorConfig(manifest: BundleManifest): object {
  const { input } = hubSystem(manifest);
  return {
    image_processor_type: 'ViTImageProcessor',
    do_convert_rgb: true,
    do_resize: false,
    do_rescale: false,
    do_normalize: false,
    size: { height: input.height, width: input.width },
  };
}
