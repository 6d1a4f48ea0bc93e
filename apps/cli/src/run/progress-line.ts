import type { Progress } from './progress.ts';

/** All of a run's progress in one line. */
export function progressLine(progress: Progress): string {
  const { done, total, ratePerSecond, inFlight, depth, capacity, waiting, failed } = progress;
  const parts = [
    `${count(done)}/${total === null ? '?' : count(total)}`,
    `${ratePerSecond.toFixed(ratePerSecond < 10 ? 1 : 0)}/s`,
    `${count(inFlight)} in flight`,
    `queue ${count(depth)}/${count(capacity)}`,
    `${count(waiting)} waiting`,
    `${count(failed)} failed`,
  ];
  if (total !== null) parts.push(`ETA ${describeSeconds(etaSeconds(progress))}`);
  return parts.join(' · ');
}

/** Seconds left at the present rate; null while nothing can be said. */
export function etaSeconds({ done, total, ratePerSecond }: Progress): number | null {
  if (total === null || ratePerSecond <= 0) return null;
  return Math.max(0, (total - done) / ratePerSecond);
}

/** `3 s`, `12 min`, `2 h 05 min`; `?` for null. */
export function describeSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '?';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
