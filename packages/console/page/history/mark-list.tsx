import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { AuditPage, PoolList, QueueHistory } from '@sluice/queue';
import { useSession } from '../access/session.ts';
import { ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { useLive } from '../live/use-live.ts';
import { exactTime } from '../ui/format-time.ts';
import { type Mark, marksOf } from './marks.ts';

/** What is known to have happened to the queue in the time of a history; the audit log is for those who may read it. */
export function useMarks(
  queue: string,
  { since, until }: Pick<QueueHistory, 'since' | 'until'>,
): { readonly marks: readonly Mark[]; readonly isAuditRead: boolean } {
  const { session } = useSession();
  const mayRead = session.signedIn && session.verbs.includes('admin');
  const pools = useAsked<PoolList>(ofQueue(queue, 'pools'), 30_000).data;
  const audit = useAsked<AuditPage>(mayRead ? 'v1/audit?limit=1000' : null, 30_000).data;
  const capacityFrom = useLive().queues.get(queue)?.stats.capacityFrom ?? null;
  const sinceMs = capacityFrom?.sinceMs ?? null;
  const marks = useMemo(
    () => marksOf({ queue, pools: pools?.pools ?? [], capacityFrom, audit: audit?.entries ?? [] }, since, until),
    [queue, pools, audit, sinceMs, since, until],
  );
  return { marks, isAuditRead: audit !== null };
}

/** The marks of the charts in words, and which there cannot be. */
export function Marks({ marks, isAuditRead }: { marks: readonly Mark[]; isAuditRead: boolean }): JSX.Element {
  return (
    <section aria-labelledby="marks">
      <h2 id="marks">Marks</h2>
      {marks.length === 0 && <p>None in this time.</p>}
      {marks.length > 0 && (
        <ol aria-label="Marks">
          {marks.map(({ at, text }) => (
            <li key={`${at} ${text}`}>
              <time dateTime={new Date(at).toISOString()}>{exactTime(at).slice(0, 19)}</time> {text}
            </li>
          ))}
        </ol>
      )}
      <p class="nothing">
        Starts are those of workers that are connected now.{' '}
        {isAuditRead
          ? 'Seals, pauses and changes are those that the audit log still has of this service.'
          : 'Seals, pauses and earlier changes of the capacity stand in the audit log, which is shown to an API key that may admin.'}
      </p>
    </section>
  );
}
