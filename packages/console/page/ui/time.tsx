import type { JSX } from 'preact';
import { useNow } from '../live/use-now.ts';
import { duration } from './format.ts';
import { exactTime, relative } from './format-time.ts';

/** A time, relative to now; the exact one on hover. */
export function When({ at }: { at: number | null }): JSX.Element {
  const now = useNow();
  if (at === null) return <Nothing />;
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {relative(at, now)}
    </time>
  );
}

/** How long something has lasted that began then. */
export function Since({ at }: { at: number | null }): JSX.Element {
  const now = useNow();
  if (at === null) return <Nothing />;
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {duration(now - at)}
    </time>
  );
}

/** Not known, which is not 0. */
export function Nothing(): JSX.Element {
  return (
    <span class="nothing" title="no data">
      –<span class="hidden"> no data</span>
    </span>
  );
}
