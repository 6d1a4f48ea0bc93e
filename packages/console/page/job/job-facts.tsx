import type { JSX } from 'preact';
import type { ConsoleJob } from '@sluice/http/console';
import { count, duration } from '../ui/format.ts';
import { exactTime } from '../ui/format-time.ts';

/** The small things that are known of a job. */
export function JobFacts({ job: { details, why, texts } }: { job: ConsoleJob }): JSX.Element | null {
  if (!details) return null;
  const { attempts } = why;
  const facts: [string, string][] = [
    ['Attempts', `${count(attempts.made)} of ${count(attempts.most)}`],
    ['Deliveries', count(attempts.deliveries)],
    ['Payload', `${count(details.payloadBytes)} bytes`],
    ['Priority', details.priority === null ? 'none: before all that have one' : String(details.priority)],
    ['Put', exactTime(details.createdAt)],
  ];
  if (details.startedAt !== null) facts.push(['Last start', exactTime(details.startedAt)]);
  if (details.endedAt !== null) facts.push(['Ended', exactTime(details.endedAt)]);
  if (details.dueAt !== null) facts.push(['Due', exactTime(details.dueAt)]);
  if (details.expiresAt !== null) facts.push(['Expires', exactTime(details.expiresAt)]);
  if (details.progress !== null && details.progress !== 0) facts.push(['Progress', JSON.stringify(details.progress)]);
  if (details.crashes.length > 0) facts.push(['Processes that died', count(details.crashes.length)]);
  const dedupe = dedupeOf(texts?.options);
  if (dedupe !== null) facts.push(['Deduplication', dedupe]);
  const trace = traceOf(texts?.options);
  if (trace !== null) facts.push(['Trace', trace]);
  return (
    <dl class="pairs facts-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The trace id in BullMQ's telemetry field, which carries W3C's `traceparent`. */
function traceOf(options: string | undefined): string | null {
  return /00-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(options ?? '')?.[1] ?? null;
}

/** What BullMQ's options say of it, under their short name. */
function dedupeOf(options: string | undefined): string | null {
  try {
    const { de } = JSON.parse(options ?? '{}') as { de?: Deduplication };
    if (typeof de?.id !== 'string') return null;
    const modes = [
      de.replace && 'the last one counts',
      de.extend && 'each put extends it',
      de.keepLastIfActive && 'the last one follows',
    ];
    const forMs = typeof de.ttl === 'number' ? `for ${duration(de.ttl)}` : 'until the job has ended';
    return [`key ${de.id}`, forMs, ...modes.filter(Boolean)].join(', ');
  } catch {
    return null;
  }
}

interface Deduplication {
  readonly id?: unknown;
  readonly ttl?: unknown;
  readonly extend?: unknown;
  readonly replace?: unknown;
  readonly keepLastIfActive?: unknown;
}
