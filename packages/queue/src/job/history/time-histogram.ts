/** Buckets for each doubling of a time. */
const PER_DOUBLING = 4;
/** Up to some three days. */
const BUCKETS_MAX = 112;

/** How often times of each size occurred: bucket → count. Histograms are merged by adding their buckets. */
export type TimeHistogram = Map<number, number>;

/** The bucket of a time: 0 up to 1 ms, then four for each doubling. */
function bucketOf(ms: number): number {
  if (!(ms > 1)) return 0;
  return Math.min(Math.ceil(Math.log2(ms) * PER_DOUBLING), BUCKETS_MAX);
}

export function addTime(histogram: TimeHistogram, ms: number): void {
  const bucket = bucketOf(ms);
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
}

/** The middle of a bucket: at most 10 % from every time in it, from 1 ms on. */
function timeOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.round(2 ** ((bucket - 0.5) / PER_DOUBLING) * 10) / 10;
}

/** The time that this part of all times does not exceed, from 0 to 1; null without any. */
export function quantile(histogram: TimeHistogram, part: number): number | null {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(total * part);
  for (const [bucket, count] of [...histogram].toSorted(([one], [other]) => one - other)) {
    left -= count;
    if (left <= 0) return timeOf(bucket);
  }
  return null;
}
