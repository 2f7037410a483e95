/**
 * The house's boundaries (docs/architecture.md): arrows run down only, heavy packages live in one file each, and
 * what runs in browsers needs nothing of Node. Imports of types cross the package rules freely: they cost nothing at
 * run time.
 */

/** A rule against run-time imports: every kind but `import type`. */
const atRunTime = { dependencyTypesNot: ['type-only'] };

const floors = {
  src: { path: '^src/', below: '^(models|exporters|eval|jobs|web|cli|bench|test)/|^index[.]ts$' },
  models: { path: '^models/', below: '^(exporters|eval|jobs|web|cli|bench|test)/|^index[.]ts$' },
  exporters: { path: '^exporters/', below: '^(models|eval|jobs|web|cli|bench|test)/|^index[.]ts$' },
  eval: { path: '^eval/', below: '^(models|exporters|jobs|web|cli|bench|test)/|^index[.]ts$' },
  web: { path: '^web/', below: '^(models|exporters|jobs|cli|bench|test)/|^index[.]ts$' },
  jobs: { path: '^jobs/', below: '^(cli|bench|test)/|^index[.]ts$' },
  cli: { path: '^(cli/|index[.]ts$)', below: '^(bench|test)/' },
};

/** A room of src, and the other rooms of src that it may import. */
const rooms = {
  core: [],
  image: ['core'],
  flow: ['core', 'image'],
  // What a system looks at is made of pictures, and of what moves in them.
  inputs: ['core', 'flow', 'image'],
  onnx: ['core'],
  bundle: ['core', 'inputs', 'onnx'],
  rewrites: ['core', 'onnx'],
  // Weights lie in ONNX files too, and what an element is called is the same everywhere.
  weights: ['core', 'onnx'],
  runtime: ['core', 'image', 'inputs', 'onnx', 'bundle', 'rewrites'],
  node: ['core', 'image', 'onnx', 'bundle', 'weights'],
  datasets: ['core', 'image', 'node'],
};

/** A heavy package, and the one place that may import it. */
const heavy = {
  'tfjs-core-and-layers': ['@tensorflow/tfjs(-core|-layers)?', '^models/tf[.]ts$'],
  'tfjs-backends': ['@tensorflow/tfjs-(backend-[a-z]+|node(-gpu)?)', '^models/train/backend'],
  'tfjs-converter': ['@tensorflow/tfjs-converter', '^models/graph-model-file[.]ts$'],
  'onnxruntime-node': ['onnxruntime-node', '^src/runtime/node[.]ts$'],
  'onnxruntime-web': ['onnxruntime-(web|common)', '^src/runtime/web[.]ts$'],
  sharp: ['sharp', '^src/node/image-file[.]ts$'],
  h5wasm: ['h5wasm', '^src/node/hdf5[.]ts$'],
  'csv-parse': ['csv-parse', '^src/datasets/label-table[.]ts$'],
  hyparquet: ['hyparquet(-writer)?', '^eval/cache/shard[.]ts$'],
  echarts: ['(echarts|zrender)', '^eval/report/charts[.]ts$'],
  fflate: ['fflate', '^src/weights/zip[.]ts$'],
  opencv: ['@techstark/opencv-js', '^src/flow/opencv-package[.]ts$'],
  'ml-matrix': ['ml-matrix', '^eval/combiners/linear-algebra[.]ts$'],
  mediabunny: ['mediabunny', '^web/video-file[.]ts$'],
  'terminal-packages': ['(yargs|cli-progress|cli-table3|picocolors)', '^cli/'],
};

/** Runs in any browser. */
const isomorphic =
  '^(src/(core|flow|image|inputs|onnx|bundle|rewrites|weights)/|exporters/((inspect|onnx|graph-model)/|(index|random-inputs)[.]ts$)|src/runtime/(session|open-bundle|classifier|download|wasm-files|web|key-frames)[.]ts$|eval/(combiners/|(ensemble|validation-weights|windows)[.]ts$)|web/)';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two files that need each other are one file, or need a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'Every import names a file that exists or a package that package.json lists.',
      from: {},
      to: { couldNotResolve: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'listed-packages',
      severity: 'error',
      comment: 'A package that is imported is a dependency of this one, and not for development only.',
      from: { path: '^(src|models|exporters|eval|jobs|web|cli)/|^index[.]ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-peer'], ...atRunTime },
    },
    ...Object.entries(floors).map(([name, { path, below }]) => ({
      name: `down-only-from-${name}`,
      severity: 'error',
      comment:
        'cli → jobs → models, exporters, eval, web → src, web → eval; what is needed across is handed over by jobs.',
      from: { path },
      to: { path: below },
    })),
    ...Object.entries(rooms).map(([room, others]) => ({
      name: `rooms-below-${room}`,
      severity: 'error',
      comment: `Of src, ${['itself', ...others].join(', ')} and nothing else: what others need too goes further down.`,
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...others].join('|')})/` },
    })),
    {
      name: 'rooms-are-listed',
      severity: 'error',
      comment: 'A new room of src says above which rooms it may import.',
      from: {},
      to: { path: '^src/', pathNot: `^src/(${Object.keys(rooms).join('|')})/` },
    },
    ...Object.entries(heavy).map(([name, [packages, place]]) => ({
      name: `one-place-for-${name}`,
      severity: 'error',
      comment: `Only ${place} imports it; everything else gets it from there.`,
      from: { path: '^(src|models|exporters|eval|jobs|web|cli|bench)/|^index[.]ts$', pathNot: place },
      to: { path: `(^|/)node_modules/${packages}(/|$)|^${packages}(/|$)`, ...atRunTime },
    })),
    {
      name: 'browsers-have-no-node',
      severity: 'error',
      comment: 'These files run in browsers.',
      from: { path: isomorphic },
      to: { dependencyTypes: ['core'], ...atRunTime },
    },
    {
      name: 'browsers-import-what-browsers-run',
      severity: 'error',
      comment: 'These files run in browsers, and so must everything that they import.',
      from: { path: isomorphic },
      to: { path: '^(src|models|exporters|eval|jobs|web)/', pathNot: isomorphic, ...atRunTime },
    },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
