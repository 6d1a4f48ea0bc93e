import type { Violation } from '@sluice/testing/history';
import { type Evidence, factsOf } from './evidence.ts';

/**
 * A pause: nothing is taken while the queue is paused, and a pause that was answered has been.
 *
 * Kinds: `taken-while-paused`, `paused-and-not`.
 */
export function pausedAsOrdered(evidence: Evidence): Violation[] {
  const { jobs, pauses } = evidence.queueLog;
  const isPausedIn = (index: number): boolean => pauses.findLast((change) => change.in <= index)?.paused ?? false;
  const taken = jobs.flatMap(({ id, deliveries }) => {
    const early = deliveries.find(({ takenIn }) => isPausedIn(takenIn));
    if (!early) return [];
    const message = `job ${id} was taken by ${early.worker} while the queue was paused`;
    return [{ kind: 'taken-while-paused', id, message, evidence: [] }];
  });
  const answered = factsOf(evidence, 'order-answered').filter(({ order }) => order === 'pause');
  const hasPaused = answered.length === 0 || pauses.some(({ paused }) => paused);
  return hasPaused
    ? taken
    : [...taken, { kind: 'paused-and-not', message: 'the queue was never paused', evidence: answered }];
}
