import type { PoolEmitter } from '../attempt/pool-events.ts';
import type { Delivery } from '../job/delivery.ts';
import type { HistoryRecorder } from '../store/history/history-recorder.ts';

/** Counts what a pool does in the history of its queue. A job that expired, or that was cancelled while it ran, is a dead one. */
export function recordEvents(history: HistoryRecorder, events: PoolEmitter): void {
  events.on('started', ({ job }) => history.count(job, 'started'));
  events.on('completed', ({ job, ms }) => {
    history.count(job, 'completed');
    history.ran(job, ms);
  });
  events.on('retried', ({ job }) => history.count(job, 'retried'));
  for (const ending of ['dead', 'expired', 'cancelled'] as const)
    events.on(ending, ({ job }) => history.count(job, 'dead'));
}

/** Notes how long a job could have started before it is taken for the first time. */
export function noteWait(history: HistoryRecorder, { name, options, createdAtMs }: Delivery, nowMs: number): void {
  const delayMs = Number(options.delay) || 0;
  if (createdAtMs > 0 && name !== '') history.waited(name, nowMs - createdAtMs - delayMs);
}
