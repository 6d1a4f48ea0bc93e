import type { JSX } from 'preact';
import type { WaiterList } from '@sluice/queue';
import { ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { AskedState } from '../ui/asked-state.tsx';
import { count, duration, plural } from '../ui/format.ts';

/** Who waits for capacity, in the order in which they get it. */
export function WaitersTab({ queue }: { queue: string }): JSX.Element {
  const asked = useAsked<WaiterList>(ofQueue(queue, 'waiters'), 2_000);
  if (!asked.data) return <AskedState asked={asked} />;
  const { waiters, total } = asked.data;
  if (total === 0) return <p>No producer waits for capacity.</p>;
  return (
    <>
      <AskedState asked={asked} />
      <ol class="waiter-list" aria-label="Waiters, the next one first">
        {waiters.map(({ producer, host, pid, waitedMs, jobs }, at) => (
          <li key={`${producer} ${at}`} title={producer}>
            <strong>{host === null ? producer : `${host}, ${pid}`}</strong> {plural(jobs, 'put')}, for{' '}
            {duration(waitedMs)}
          </li>
        ))}
      </ol>
      {total > waiters.length && <p>{count(total - waiters.length)} more wait behind them.</p>}
    </>
  );
}
