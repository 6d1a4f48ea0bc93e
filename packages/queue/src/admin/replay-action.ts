import type { QueueDefinition } from '../job/contracts/queue-policy.ts';
import { producerDefaults } from '../job/defaults.ts';
import { pause } from '../job/pause.ts';
import type { AdministeredQueue } from '../store/admission/wake-arguments.ts';
import {
  leaveWaiterQueue,
  type ReplayCall,
  replayJobs,
  type ReplayResult,
  type ReplayStop,
} from '../store/dead-letters/replay-jobs.ts';
import type { Acted, ActDeps, Action } from './act-on-jobs.ts';

export interface ReplayActionOptions {
  readonly waitMs: number;
  readonly clearExpiry: boolean;
  readonly signal?: AbortSignal;
}

export interface ReplayDeps extends ActDeps {
  readonly queue: Pick<QueueDefinition, 'capacity'>;
}

/** How often a run that waits for capacity asks for it. */
const ASK_EVERY_MS = 50;

/** Replays jobs as capacity gets free. Those that find none wait under one ticket, in the order of arrival, like a put. */
export function replayAction(
  { keys, call, queue: { capacity } }: ReplayDeps,
  { waitMs, clearExpiry, signal }: ReplayActionOptions,
): Action<ReplayResult, ReplayStop | 'aborted', { readonly id: string }> {
  const queue: AdministeredQueue = { keys, capacity };
  return async (jobs, { id: run }) => {
    const ticket = `replay-${run}:1`;
    const how: ReplayCall = {
      run,
      onExpired: clearExpiry ? 'clear' : 'skip',
      ticketLifeMs: producerDefaults.ticketLifeMs,
      ...(waitMs > 0 && { ticket }),
    };
    const results: ReplayResult[] = [];
    const stopAt = async (stop: ReplayStop | 'aborted'): Promise<Acted<ReplayResult, ReplayStop | 'aborted'>> => {
      if (waitMs > 0) await call((client) => leaveWaiterQueue(client, queue, ticket));
      return { results, stop };
    };
    for (let endsAtMs = performance.now() + waitMs; ;) {
      const ids = jobs.slice(results.length).map(({ id }) => id);
      const { results: more, stop } = await call((client) => replayJobs(client, queue, how, ids));
      results.push(...more);
      if (stop === undefined) return { results };
      if (more.length > 0) endsAtMs = performance.now() + waitMs;
      if (stop === 'sealed' || performance.now() >= endsAtMs) return stopAt(stop);
      await pause(ASK_EVERY_MS, signal);
      if (signal?.aborted) return stopAt('aborted');
    }
  };
}
