import type { WorkerPool } from '@sluice/queue';
import type { HistoryRecorder } from '../history/history.ts';

/**
 * Records what a pool does in a history: each delivery, how the handler ended, and each job's end. A worker program that does so
 * with `openHistory(file)` adds its part to the history that `noneTwice` and `noneLost` look at.
 *
 * @param worker a name that no other process has, also not after a restart
 * @returns a function that ends the recording
 */
export function recordRuns(
  pool: WorkerPool,
  history: Pick<HistoryRecorder, 'record'>,
  worker: string = pool.name,
): () => void {
  const running = new Set<string>();
  const returned = (id: string, attempt: number, outcome: 'completed' | 'failed' | 'released'): void => {
    // A job can end without a run: it had expired, or its payload cannot be read.
    if (running.delete(id)) history.record({ type: 'returned', id, worker, attempt, outcome });
  };
  const stops = [
    pool.on('started', ({ id, attempt }) => {
      running.add(id);
      history.record({ type: 'delivered', id, worker, attempt });
    }),
    pool.on('completed', ({ id, attempt }) => {
      returned(id, attempt, 'completed');
      history.record({ type: 'settled', id, worker, outcome: 'completed' });
    }),
    pool.on('retried', ({ id, attempt }) => returned(id, attempt, 'failed')),
    pool.on('released', ({ id, attempt }) => returned(id, attempt, 'released')),
    ...(['dead', 'expired'] as const).map((how) =>
      pool.on(how, ({ id, attempt }) => {
        returned(id, attempt, 'failed');
        history.record({ type: 'settled', id, worker, outcome: 'dead' });
      }),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
