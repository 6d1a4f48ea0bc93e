/** `1,234`. */
export function shownCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A length of time in the largest units that tell enough: `850ms`, `4.2s`, `3m 10s`, `2h 5m`, `4d 3h`; `-` for none. */
export function shownAge(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `12.5/s`; `-` for an unknown rate. */
export function shownRate(perSecond: number | null): string {
  if (perSecond === null) return '-';
  return `${perSecond >= 100 ? shownCount(Math.round(perSecond)) : Math.round(perSecond * 10) / 10}/s`;
}

/** A moment in UTC, to the second. */
export function shownTime(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return '-';
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '-' : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
