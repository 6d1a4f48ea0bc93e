/**
 * A form of a decimal number, such as JSON writes it, that two texts share exactly when they are the same number: sign, digits
 * without zeros around them, exponent of the last digit. `1.10`, `11e-1` and `1.1` are `11e-1`; `0` and `-0` differ.
 */
export function exactDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return `${sign}0`;
  const scale = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}
