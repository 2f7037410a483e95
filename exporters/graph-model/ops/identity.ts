import { defineGraphConverter } from '../op.ts';

/** Operators that pass their inputs on; what they are for matters in training or to TensorFlow's runtime alone. */
const passOn = [
  ...['Identity', 'IdentityN', 'StopGradient', 'PreventGradient', 'Snapshot', 'EnsureShape'],
  // tfjs quantises nothing, and prints nothing that matters to the result.
  ...['FakeQuantWithMinMaxVars', 'Print'],
];

export const identities = passOn.map((operator) =>
  defineGraphConverter(operator, 1, (inputs) => (operator === 'IdentityN' ? inputs : inputs[0])),
);

/** Its default stands in where the model's signature does not name it as an input. */
export const placeholderWithDefault = defineGraphConverter('PlaceholderWithDefault', 1, ([x]) => x);
