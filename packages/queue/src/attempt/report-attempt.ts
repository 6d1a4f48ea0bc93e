import type { AttemptRecord, PoolServices } from './attempt-record.ts';

/** Counts how an attempt ended, and emits it: after it was written, or refused. */
export function reportAttempt(record: AttemptRecord, { events, counters, clock }: PoolServices): void {
  const { outcome, written, refused, startedAtMs, about } = record;
  if (!outcome) return;
  if (refused) {
    counters.add('settledByWatchdog');
    events.emit('settledByWatchdog', { ...about, outcome: refused.kind });
  }
  if (!written) {
    counters.add('leaseLost');
    return events.emit('leaseLost', { ...about, outcome: outcome.kind });
  }
  counters.add(outcome.kind);
  const ms = Math.round(clock.monotonicMs() - startedAtMs);
  switch (outcome.kind) {
    case 'completed':
      return events.emit('completed', { ...about, ms });
    case 'retried':
      return events.emit('retried', { ...about, ...said(outcome.failure), ms, delayMs: outcome.delayMs });
    case 'released':
      return events.emit('released', { ...about, ...said(outcome.reason), ms, delayMs: outcome.delayMs });
    case 'dead':
    case 'expired':
    case 'cancelled':
      return events.emit(outcome.kind, { ...about, ...said(outcome.failure), ms });
    case 'missing':
      return events.emit('missing', { ...about, ...said(outcome.reason), ms });
    default:
      return outcome satisfies never;
  }
}

function said({ code, message }: { code: string; message: string }): { code: string; message: string } {
  return { code, message };
}
