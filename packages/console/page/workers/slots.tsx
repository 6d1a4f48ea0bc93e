import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import type { RunningJob } from '@sluice/queue';
import { useNow } from '../live/use-now.ts';
import { jobLink } from '../links.ts';
import { count } from '../ui/format.ts';
import { slotState } from './slot-state.ts';

/** More squares than this are not looked at one by one. */
const SHOWN = 60;
/** The slots of a pool as squares, filled as far as the deadline has come near: one that runs a job leads to it. */
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
        {running.slice(0, SHOWN).map((job) => (
          <RunningSlot key={job.id} queue={queue} job={job} now={now} />
        ))}
        {Array.from({ length: Math.min(free, Math.max(0, SHOWN - running.length)) }, (_, at) => (
          <li key={at} class="slot free" aria-hidden="true" />
        ))}
      </ul>
    </div>
  );
}

function RunningSlot({
  queue,
  job: { id, job, ...times },
  now,
}: {
  queue: string;
  job: RunningJob;
  now: number;
}): JSX.Element {
  const { level, share, text } = slotState(times, now);
  return (
    <li>
      <Link
        href={jobLink(queue, id)}
        class={`slot ${level}`}
        style={{ '--share': `${Math.round((share ?? 1) * 100)}%` }}
        title={`${job} ${id}, ${text}`}
      >
        <span class="hidden">
          {job} {id}, {text}
        </span>
      </Link>
    </li>
  );
}

const legend = [
  ['free', 'free'],
  ['early', 'less than half of its deadline'],
  ['half', 'half of it'],
  ['late', 'four fifths'],
  ['past', 'past it: the handler has extended it'],
] as const;

/** What the squares mean. */
export function SlotLegend(): JSX.Element {
  return (
    <ul class="legend" aria-label="Slots">
      {legend.map(([level, words]) => (
        <li key={level}>
          <span class={`slot ${level}`} aria-hidden="true" />
          {words}
        </li>
      ))}
    </ul>
  );
}
