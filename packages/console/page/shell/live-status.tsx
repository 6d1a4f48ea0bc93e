import type { JSX } from 'preact';
import { liveFeed } from '../live/live-feed.ts';
import { useLive } from '../live/use-live.ts';
import { useNow } from '../live/use-now.ts';
import { duration } from '../ui/format.ts';

/** An event comes every second: this late, what is shown is old. */
const STALE_MS = 4_000;

/** Whether what is shown is of now, and if not, how old it is. */
export function LiveStatus(): JSX.Element {
  const { status, heardAt, trouble } = useLive();
  const age = Math.max(0, useNow() - (heardAt ?? Date.now()));
  const isStale = status === 'lost' || (status === 'live' && age > STALE_MS);
  const isPaused = status === 'paused';
  const word = isPaused
    ? `Paused, ${duration(age)} old`
    : status === 'connecting'
      ? 'Connecting'
      : isStale
        ? `No connection${heardAt === null ? '' : `, ${duration(age)} old`}`
        : trouble !== null
          ? 'Trouble'
          : 'Live';
  const level = isStale || trouble !== null ? 'bad' : isPaused || status === 'connecting' ? 'warn' : 'good';
  return (
    <div class="live">
      <span class={`live-state ${level}`} title={trouble ?? undefined}>
        <span class="dot" aria-hidden="true" />
        {word}
      </span>
      <button type="button" class="quiet" aria-pressed={isPaused} onClick={() => liveFeed.setPaused(!isPaused)}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}
