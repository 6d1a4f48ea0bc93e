/** The middle of a set of figures and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** @throws RangeError when there is no figure. */
export function spreadOf(figures: readonly number[]): Spread {
  return { median: median(figures), lowest: percentile(figures, 0), highest: percentile(figures, 1) };
}

/** The middle figure, or the mean of the two in the middle. Throws RangeError when there is none. */
export function median(figures: readonly number[]): number {
  const sorted = sortedFigures(figures);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
}

/**
 * The smallest figure that at least this share of all figures (0 to 1) does not exceed: always one that was measured.
 *
 * @throws RangeError when there is no figure.
 */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = sortedFigures(figures);
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1));
}

function sortedFigures(figures: readonly number[]): number[] {
  if (figures.length === 0) throw new RangeError('no figures');
  return figures.toSorted((a, b) => a - b);
}

function at(sorted: readonly number[], index: number): number {
  return sorted[index] ?? Number.NaN;
}
