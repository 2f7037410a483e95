import { type ConvertOp, defineGraphConverter } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';

const comparisons: Readonly<Record<string, string>> = {
  ...{ Equal: 'Equal', Greater: 'Greater', GreaterEqual: 'GreaterOrEqual' },
  ...{ Less: 'Less', LessEqual: 'LessOrEqual' },
};

function compare(operator: string): ConvertOp {
  return ([a, b], op) => {
    if (a.dtype !== b.dtype) throw op.unsupported(`inputs of the types ${a.dtype} and ${b.dtype}`);
    return broadcastNode(operator, [a, b], op, 'bool');
  };
}

const notEqual: ConvertOp = (inputs, op) => op.node('Not', [compare('Equal')(inputs, op) as never]);

/** The old Select takes a condition of one axis as one for each sample. */
const select: ConvertOp = ([condition, a, b], op) => {
  if (condition.dtype !== 'bool' || a.dtype !== b.dtype) {
    throw op.unsupported(`inputs of the types ${condition.dtype}, ${a.dtype} and ${b.dtype}`);
  }
  if (op.operator === 'Select' && condition.shape.length === 1 && a.shape.length > 1) {
    throw op.unsupported('a condition for each sample');
  }
  return broadcastNode('Where', [condition, a, b], op);
};

export const logic = [
  ...Object.entries(comparisons).map(([operator, name]) => defineGraphConverter(operator, 2, compare(name))),
  defineGraphConverter('NotEqual', 2, notEqual),
  ...[
    ['LogicalAnd', 'And'],
    ['LogicalOr', 'Or'],
  ].map(([operator, name]) =>
    defineGraphConverter(operator, 2, (inputs, op) => broadcastNode(name, inputs.slice(0, 2), op, 'bool')),
  ),
  ...['Select', 'SelectV2'].map((operator) => defineGraphConverter(operator, 3, select)),
];
