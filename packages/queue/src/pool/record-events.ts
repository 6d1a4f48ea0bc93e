import type { PoolEmitter } from '../attempt/pool-events.ts';
import type { HistoryRecorder } from '../store/history/history-recorder.ts';

/** Counts what a pool does in the history of its queue. A job that expired, or that was cancelled while it ran, is a dead one. */
export function recordEvents(history: HistoryRecorder, events: PoolEmitter): void {
  events.on('taken', ({ job, waitedMs }) => {
    if (waitedMs !== null && job !== '') history.waited(job, waitedMs);
  });
  events.on('started', ({ job }) => history.count(job, 'started'));
  events.on('completed', ({ job, ms }) => {
    history.count(job, 'completed');
    history.ran(job, ms);
  });
  events.on('retried', ({ job }) => history.count(job, 'retried'));
  for (const ending of ['dead', 'expired', 'cancelled'] as const)
    events.on(ending, ({ job }) => history.count(job, 'dead'));
}
