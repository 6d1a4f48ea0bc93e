import type { PoolServices } from './attempt-record.ts';
import type { Executor } from './find-executor.ts';
import type { JobEvent } from './pool-events.ts';

/** How long a thread may take to end before its handler counts as abandoned: only native code takes longer. */
const END_MAX_MS = 1_000;

/** Counts and reports that a handler had not returned by the end of its grace, and ends its thread if it has one. Waits for nothing. */
export function giveUp(executor: Executor, about: JobEvent, services: Pick<PoolServices, 'events' | 'counters'>): void {
  const { events, counters } = services;
  if (executor.kind === 'main loop') {
    counters.add('abandoned');
    return events.emit('abandoned', about);
  }
  counters.add('terminated');
  events.emit('terminated', about);
  let abandoned = false;
  const late = setTimeout(() => {
    abandoned = true;
    counters.add('abandoned');
  }, END_MAX_MS);
  void executor.thread.terminate().then(() => {
    clearTimeout(late);
    if (abandoned) counters.add('abandoned', -1);
  });
}
