import type { PoolServices } from './attempt-record.ts';
import type { Place } from './find-place.ts';
import type { JobEvent } from './pool-events.ts';

/** How long a thread may take to end before its handler counts as abandoned: only native code takes longer. */
const END_MAX_MS = 1_000;

/** Counts and tells that a handler was not back by the end of its grace, and ends its thread if it has one. Waits for nothing. */
export function giveUp(place: Place, about: JobEvent, services: Pick<PoolServices, 'events' | 'tally'>): void {
  const { events, tally } = services;
  if (place.kind === 'main loop') {
    tally.add('abandoned');
    return events.emit('abandoned', about);
  }
  tally.add('terminated');
  events.emit('terminated', about);
  let abandoned = false;
  const late = setTimeout(() => {
    abandoned = true;
    tally.add('abandoned');
  }, END_MAX_MS);
  void place.seat.terminate().then(() => {
    clearTimeout(late);
    if (abandoned) tally.add('abandoned', -1);
  });
}
