/** Operators that tfjs runs and that are not exported, and why: docs/coverage.md lists them. */
const families: readonly [reason: string, operators: readonly string[]][] = [
  [
    'lists that are split or shortened: tfjs itself does not do as TensorFlow does',
    ['TensorListSplit', 'TensorListPopBack'],
  ],
  ['not written yet', ['TensorArraySplitV3', 'TensorArrayConcatV3', 'TensorArrayCloseV3']],
  [
    'random numbers: no two runs would agree, so that nothing could be verified',
    ['RandomStandardNormal', 'RandomUniform', 'RandomUniformInt', 'TruncatedNormal', 'Multinomial'],
  ],
  [
    'text, which exported graphs do not hold',
    ['StaticRegexReplace', 'StringNGrams', 'StringSplit', 'StringToHashBucketFast'],
  ],
  [
    'tables that tfjs fills by a graph of its own before the first run',
    [
      ...['HashTable', 'HashTableV2', 'InitializeTable', 'InitializeTableV2'],
      ...['LookupTableImport', 'LookupTableImportV2', 'LookupTableFind', 'LookupTableFindV2'],
      ...['LookupTableSize', 'LookupTableSizeV2'],
    ],
  ],
  [
    'complex numbers, which no runtime of ONNX holds',
    ['Complex', 'ComplexAbs', 'Real', 'Imag', 'FFT', 'IFFT', 'RFFT', 'IRFFT'],
  ],
  [
    'not written yet: ragged and sparse tensors, whose rows are found by going through them one by one',
    [
      ...['RaggedGather', 'RaggedRange', 'RaggedTensorToTensor'],
      ...['SparseFillEmptyRows', 'SparseReshape', 'SparseSegmentMean', 'SparseSegmentSum'],
    ],
  ],
  [
    'decision forests, which another library of tfjs runs',
    ['SimpleMLCreateModelResource', 'SimpleMLLoadModelFromPathWithHandle', 'SimpleMLInferenceOpWithHandle'],
  ],
  ['ONNX has it from opset 18 on, and graphs are of opset 17', ['BitwiseAnd']],
  ['tfjs computes it for the first image of a batch alone', ['ImageProjectiveTransformV3']],
  ['not written yet: ONNX counts its indices with channels first', ['MaxPoolWithArgmax']],
  ['in no graph of TensorFlow: tfjs alone has an operator of this name', ['Conv1D', 'Ones', 'Zeros']],
];

const reasons = new Map(
  families.flatMap(([reason, operators]) => operators.map((operator) => [operator, reason] as const)),
);

/** Operators that tfjs runs and that have no converter, with the reasons. */
export const unsupportedOperators: ReadonlyMap<string, string> = reasons;
