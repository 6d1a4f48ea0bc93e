import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import type { RunningJob } from '@sluice/queue';
import { useNow } from '../live/use-now.ts';
import { jobLink } from '../links.ts';
import { count, duration } from '../ui/format.ts';

/** More squares than this are not looked at one by one. */
const SHOWN = 60;
/** A job that runs for longer than this is worth a look. */
const LONG_MS = 60_000;

/** The slots of a pool as squares: one that runs a job leads to it. */
export function Slots({
  queue,
  slots,
  running,
}: {
  queue: string;
  slots: number | null;
  running: readonly RunningJob[];
}): JSX.Element {
  const now = useNow();
  const free = Math.max(0, (slots ?? running.length) - running.length);
  return (
    <div class="slots">
      <span class="number">
        {count(running.length)} / {slots === null ? '–' : count(slots)}
      </span>
      <ul aria-label={`${count(running.length)} running, ${count(free)} free`}>
        {running.slice(0, SHOWN).map(({ id, job, startedAt }) => (
          <li key={id}>
            <Link
              href={jobLink(queue, id)}
              class={now - startedAt > LONG_MS ? 'slot long' : 'slot'}
              title={`${job} ${id}, for ${duration(now - startedAt)}`}
            >
              <span class="hidden">
                {job} {id}, for {duration(now - startedAt)}
              </span>
            </Link>
          </li>
        ))}
        {Array.from({ length: Math.min(free, Math.max(0, SHOWN - running.length)) }, (_, at) => (
          <li key={at} class="slot free" aria-hidden="true" />
        ))}
      </ul>
    </div>
  );
}
