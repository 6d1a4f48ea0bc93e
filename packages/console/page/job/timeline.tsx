import type { JSX } from 'preact';
import type { JobExplanation, JobTransition } from '@sluice/queue';
import { useNow } from '../live/use-now.ts';
import { duration } from '../ui/format.ts';
import { exactTime } from '../ui/format-time.ts';

/** What each event is called; others keep BullMQ's name. */
const words: Readonly<Record<string, string>> = {
  put: 'put',
  waiting: 'waits for a worker',
  active: 'taken',
  delayed: 'delayed',
  completed: 'completed',
  failed: 'failed for good',
  stalled: 'its lease ran out',
  crash: 'its process died',
  'waiting-children': 'waits for its children',
  'retries-exhausted': 'all attempts are used',
  progress: 'reported progress',
  removed: 'removed',
  duplicated: 'put again, as a duplicate',
  deduplicated: 'another put was joined with it',
};
const bad: readonly string[] = ['failed', 'crash', 'stalled', 'retries-exhausted'];

/** The life of a job from its put until now, with the time between its steps. */
export function Timeline({ why }: { why: JobExplanation }): JSX.Element {
  const { transitions, isWhole, state, running } = why;
  const now = useNow();
  const last = transitions.at(-1);
  const isOpen = state !== 'completed' && state !== 'dead' && state !== 'unknown';
  return (
    <>
      {transitions.length === 0 && <p class="nothing">Redis knows no step of its life any more.</p>}
      <ol class="timeline" aria-label="Timeline">
        {transitions.map((step, at) => (
          <Step key={at} step={step} before={transitions[at - 1]} />
        ))}
        {isOpen && last && (
          <li class="now">
            <span class="gap">{duration(now - last.at)}</span>
            <span>
              now
              {running &&
                `: runs on ${running.worker ?? 'a worker'}, its lease lasts for ${duration(running.leaseMs)} more`}
            </span>
          </li>
        )}
      </ol>
      {!isWhole && <p class="nothing">Some steps are missing: their events were not written, or are trimmed.</p>}
    </>
  );
}

function Step({ step, before }: { step: JobTransition; before: JobTransition | undefined }): JSX.Element {
  const { at, event, worker, fencingToken, note } = step;
  return (
    <li class={bad.includes(event) ? 'bad-step' : `step-${event}`}>
      <span class="gap">{before ? `+ ${duration(at - before.at)}` : ''}</span>
      <div>
        <strong class={bad.includes(event) ? 'bad' : undefined}>{words[event] ?? event}</strong>
        {worker !== null && ` by ${worker}`}
        {fencingToken !== null && <small> fence {fencingToken}</small>}
        {note !== null && <div class="note">{note}</div>}
        <time dateTime={new Date(at).toISOString()}>{exactTime(at)}</time>
      </div>
    </li>
  );
}
