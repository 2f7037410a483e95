/** A number with a prefix of the SI in place of its last digits: 60200000 is "60.2 M". */
export function siText(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  let [rest, unit] = [value, 0];
  while (rest >= 1000 && unit < units.length - 1) [rest, unit] = [rest / 1000, unit + 1];
  const digits = unit === 0 ? String(rest) : rest.toFixed(rest < 10 ? 2 : rest < 100 ? 1 : 0);
  return `${digits} ${units[unit]}`.trimEnd();
}
