import { LeaseLostError, CompletionRefusedError } from '../job/errors/index.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Lease } from '../leases/main/lease.ts';
import type { PoolServices } from './attempt-record.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { pause } from '../job/pause.ts';
import { isRefusal } from '../store/connection/redis-errors.ts';

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;

/** Whether the end of an attempt was written, and which end it was. */
export interface Settlement {
  readonly outcome: AttemptOutcome;
  /** False: the lease was lost first, and the job is another worker's, or will be. */
  readonly written: boolean;
  /** What this side would have written, had the lease thread not ended the attempt as timed out before. */
  readonly refused: AttemptOutcome | null;
}

/** What settling needs of the pool. */
export type SettleServices = Pick<PoolServices, 'store' | 'batcher' | 'clock' | 'watch'>;

/** How often a lease that ran out is taken back for the same settle. */
const REACQUIRES_MAX = 3;

/**
 * Writes the end of an attempt, unless the lease thread has done so. Never rejects.
 *
 * @param keepsSlot whether the handler still runs: its slot is not free for another job then
 */
export async function settle(
  lease: Lease,
  outcome: AttemptOutcome,
  services: SettleServices,
  keepsSlot = false,
): Promise<Settlement> {
  if (!lease.claim()) {
    const end = await lease.settledByWatchdog;
    if (end) return { ...end, refused: outcome };
  }
  return writeEnd(lease, outcome, services, keepsSlot);
}

/**
 * While Redis is away it tries again, for as long as that is worth it: what a handler has done shall not be done twice. The
 * lease may run out meanwhile; when Redis answers again it is taken back for a moment, to write the end.
 */
async function writeEnd(
  lease: Lease,
  outcome: AttemptOutcome,
  services: SettleServices,
  keepsSlot: boolean,
): Promise<Settlement> {
  let uncertain = false;
  let reacquires = 0;
  let pauseMs = PAUSE_MIN_MS;
  for (;;) {
    const sentAtMs = services.clock.monotonicMs();
    try {
      await write(lease.delivery, outcome, services, keepsSlot);
      return { outcome, written: true, refused: null };
    } catch (error) {
      if (error instanceof CompletionRefusedError)
        return writeEnd(lease, { kind: 'dead', failure: recordFailure(error) }, services, keepsSlot);
      if (error instanceof LeaseLostError) {
        // It may only have run out while Redis was away; then it is ours again now.
        const holds = reacquires < REACQUIRES_MAX ? await lease.confirm() : 'lost';
        if (holds === 'held') {
          reacquires += 1;
          continue;
        }
        if (holds === 'lost')
          return { outcome, written: uncertain && (await wasRecorded(lease, sentAtMs, services)), refused: null };
      } else {
        services.watch.trouble(error);
        // The call may have been executed, and only its answer lost.
        uncertain = true;
      }
      const untilMs = isRefusal(error) ? lease.retrySettleUntilMs : lease.retryOutageUntilMs;
      if (services.clock.monotonicMs() >= untilMs) return { outcome, written: false, refused: null };
    }
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
  }
}

/** One call per outcome. */
function write(
  delivery: Delivery,
  outcome: AttemptOutcome,
  { store, batcher }: SettleServices,
  keepsSlot: boolean,
): Promise<void> {
  switch (outcome.kind) {
    case 'completed':
      return batcher.complete(delivery, outcome.result, keepsSlot);
    case 'retried':
      return store.retry(delivery, outcome.failure, outcome.delayMs);
    case 'released':
      return store.release(delivery, outcome.delayMs, outcome.showsReason ? outcome.reason : undefined);
    case 'dead':
    case 'expired':
      return store.deadLetter(delivery, outcome.failure);
    case 'missing':
      return store.discard(delivery);
    default:
      return outcome satisfies never;
  }
}

/** Whether the call whose answer was lost is the one that ended the attempt. */
async function wasRecorded(lease: Lease, sentAtMs: number, { store, watch }: SettleServices): Promise<boolean> {
  try {
    return await store.wasRecorded(lease.delivery, sentAtMs < lease.heldUntilMs);
  } catch (error) {
    watch.trouble(error);
    return false;
  }
}
