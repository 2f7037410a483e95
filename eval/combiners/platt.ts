/** What makes a probability of a value: `1 / (1 + exp(slope · value + offset))`. */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

const mostSteps = 100;
const tolerance = 1e-10;

/**
 * Platt's scaling of values that grow with the chance that something is there, by Newton's method with backtracking (Lin,
 * Lin and Weng 2007). The truth is smoothed as Platt says, so that no probability is 0 or 1.
 *
 * @param values on samples that the machine did not learn from
 * @param truth 0 or 1 each, both there
 */
export function plattCalibration(values: ArrayLike<number>, truth: ArrayLike<number>): Calibration {
  const count = values.length;
  let present = 0;
  for (let i = 0; i < count; i++) present += truth[i];
  const absent = count - present;
  const [high, low] = [(present + 1) / (present + 2), 1 / (absent + 2)];
  const target = (i: number) => (truth[i] ? high : low);
  const lossAt = ({ slope, offset }: Calibration) => {
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const power = slope * values[i] + offset;
      loss += target(i) * power + Math.log1p(Math.exp(-Math.abs(power))) + Math.max(-power, 0);
    }
    return loss;
  };
  let here: Calibration = { slope: 0, offset: Math.log((absent + 1) / (present + 1)) };
  let loss = lossAt(here);
  for (let step = 0; step < mostSteps; step++) {
    // A little on the diagonal, so that equal values can be calibrated too.
    let [slopes, offsets, squares, crossed, ones] = [0, 0, 1e-12, 0, 1e-12];
    for (let i = 0; i < count; i++) {
      const probability = 1 / (1 + Math.exp(here.slope * values[i] + here.offset));
      const weight = probability * (1 - probability);
      squares += values[i] * values[i] * weight;
      crossed += values[i] * weight;
      ones += weight;
      slopes += values[i] * (target(i) - probability);
      offsets += target(i) - probability;
    }
    if (Math.abs(slopes) < tolerance && Math.abs(offsets) < tolerance) break;
    const determinant = squares * ones - crossed * crossed;
    const direction = {
      slope: -(ones * slopes - crossed * offsets) / determinant,
      offset: -(squares * offsets - crossed * slopes) / determinant,
    };
    const descent = slopes * direction.slope + offsets * direction.offset;
    let length = 1;
    const along = () => ({
      slope: here.slope + length * direction.slope,
      offset: here.offset + length * direction.offset,
    });
    while (lossAt(along()) > loss + 1e-4 * length * descent && length > 1e-10) length /= 2;
    if (length <= 1e-10) break;
    here = along();
    loss = lossAt(here);
  }
  return here;
}
