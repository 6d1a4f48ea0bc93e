import { median } from '../statistics.ts';
import { type Pair, type RatioRow, ratiosOf } from './ratio-row.ts';

/** A ratio to BullMQ that is worse than it was when the figures were saved. */
export interface Worsening {
  /** The row, and its unit or which CPU time. */
  readonly what: string;
  readonly before: number;
  readonly now: number;
}

export interface Comparison {
  readonly worse: readonly Worsening[];
  /** Ratios that were compared. */
  readonly compared: number;
  /** Saved or measured with too few rounds to say anything: see {@link MAX_CHANCE}. */
  readonly undecided: number;
}

/**
 * A ratio is worse when two things hold. First, its rounds lie so far on the wrong side of the saved ones that chance would
 * do that to less than this share of unchanged ratios: with five rounds on both sides, each of them worse than each saved one
 * but for one pair. Four rounds on each side are the fewest that can.
 */
const MAX_CHANCE = 0.015;
/** Second, its median is worse by this share at least, so that what chance cannot explain is also worth looking at. A choice, not a measurement. */
export const LEAST_CHANGE = 0.1;

interface Series {
  readonly better: RatioRow['better'];
  readonly ratios: readonly number[];
}

/** Compares what was measured with what was saved, as far as both have it. */
export function compareWithSaved(saved: readonly RatioRow[], now: readonly RatioRow[]): Comparison {
  const before = seriesOf(saved);
  const both = [...seriesOf(now)].flatMap(([what, { better, ratios }]) => {
    const old = before.get(what)?.ratios;
    return old ? [{ what, better, old, ratios }] : [];
  });
  const decidable = both.filter(({ old, ratios }) => chanceOf(0, old.length, ratios.length) <= MAX_CHANCE);
  const worse = decidable
    .filter(isWorse)
    .map(({ what, old, ratios }) => ({ what, before: median(old), now: median(ratios) }));
  return { worse, compared: decidable.length, undecided: both.length - decidable.length };
}

function seriesOf(rows: readonly RatioRow[]): Map<string, Series> {
  const all = rows.flatMap(({ name, unit, better, measured, cpu }): [string, Series][] => {
    const cost = (title: string, pair: Pair): [string, Series] => [
      `${name}: ${title}`,
      { better: 'less', ratios: ratiosOf(pair) },
    ];
    const own: [string, Series] = [`${name}: ${unit}`, { better, ratios: ratiosOf(measured) }];
    return cpu ? [own, cost('Node µs/job', cpu.node), cost('Redis µs/job', cpu.redis)] : [own];
  });
  return new Map(all);
}

function isWorse({ better, old, ratios }: Series & { readonly old: readonly number[] }): boolean {
  const change = median(ratios) / median(old);
  if (better === 'more' ? change > 1 - LEAST_CHANGE : change < 1 + LEAST_CHANGE) return false;
  const isOnTheRightSide = (now: number, before: number): boolean =>
    better === 'more' ? now >= before : now <= before;
  const pairs = ratios.flatMap((now) => old.filter((before) => isOnTheRightSide(now, before))).length;
  return chanceOf(pairs, old.length, ratios.length) <= MAX_CHANCE;
}

/**
 * The probability that at most `pairs` of all pairs of an old and a new figure are on the right side, if nothing has changed and
 * each order of the figures is equally probable (the test of Mann and Whitney, one-sided).
 */
export function chanceOf(pairs: number, old: number, now: number): number {
  let orders = 0;
  for (let count = 0; count <= pairs; count += 1) orders += ordersWith(count, old, now);
  return orders / binomial(old + now, now);
}

/** In how many orders of the figures exactly `pairs` pairs are on the right side: the greatest figure is a new one or an old one. */
function ordersWith(pairs: number, old: number, now: number): number {
  if (pairs < 0) return 0;
  if (old === 0 || now === 0) return pairs === 0 ? 1 : 0;
  return ordersWith(pairs - old, old, now - 1) + ordersWith(pairs, old - 1, now);
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i += 1) result = (result * (n - k + i)) / i;
  return result;
}
