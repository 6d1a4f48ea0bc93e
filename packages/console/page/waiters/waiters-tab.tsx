import type { JSX } from 'preact';
import { useLive } from '../live/use-live.ts';
import { count, plural } from '../ui/format.ts';

/** Who waits for capacity. */
export function WaitersTab({ queue }: { queue: string }): JSX.Element {
  const stats = useLive().queues.get(queue)?.stats;
  if (!stats) return <p class="nothing">Loading.</p>;
  const { producers, puts } = stats.waiters;
  if (producers === 0) return <p>No producer waits for capacity.</p>;
  return (
    <p>
      {plural(producers, 'producer waits', 'producers wait')} with {count(puts)} puts. They are let in, in the order in
      which they came, as jobs end.
    </p>
  );
}
