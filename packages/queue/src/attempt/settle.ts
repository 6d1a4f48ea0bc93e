import { LeaseLostError, CompletionRefusedError } from '../job/errors/index.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Lease } from '../leases/main/lease.ts';
import { isRefusal } from '../store/connection/redis-errors.ts';
import { settleAgain, type SettleCalls } from '../store/lease-store/settle-again.ts';
import type { PoolServices } from './attempt-record.ts';

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
  const sentAtMs = services.clock.monotonicMs();
  try {
    await write(lease.delivery, outcome, services, keepsSlot);
    return { outcome, written: true, refused: null };
  } catch (error) {
    return settleLater(lease, outcome, { error, sentAtMs, services, keepsSlot });
  }
}

interface FailedTry {
  readonly error: unknown;
  readonly sentAtMs: number;
  readonly services: SettleServices;
  readonly keepsSlot: boolean;
}

/** The first try failed. A job that may not complete is dead-lettered. */
async function settleLater(lease: Lease, outcome: AttemptOutcome, failed: FailedTry): Promise<Settlement> {
  const { services, keepsSlot } = failed;
  try {
    const written = await settleAgain(callsOf(lease, outcome, failed), failed.error, failed.sentAtMs);
    return { outcome, written, refused: null };
  } catch (error) {
    if (!(error instanceof CompletionRefusedError)) return { outcome, written: false, refused: null };
    return settle(lease, { kind: 'dead', failure: recordFailure(error) }, services, keepsSlot);
  }
}

function callsOf(lease: Lease, outcome: AttemptOutcome, { services, keepsSlot }: FailedTry): SettleCalls {
  const { store, clock, watch } = services;
  return {
    write: () => write(lease.delivery, outcome, services, keepsSlot),
    isLeaseLost: (error) => error instanceof LeaseLostError,
    reacquire: () => lease.confirm(),
    wasRecorded: (sentAtMs) => store.wasRecorded(lease.delivery, sentAtMs < lease.heldUntilMs),
    isWorth: (error) => {
      if (error instanceof CompletionRefusedError) return false;
      if (!(error instanceof LeaseLostError)) watch.trouble(error);
      return clock.monotonicMs() < (isRefusal(error) ? lease.retrySettleUntilMs : lease.retryOutageUntilMs);
    },
  };
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
    case 'cancelled':
      return store.deadLetter(delivery, outcome.failure);
    case 'missing':
      return store.discard(delivery);
    default:
      return outcome satisfies never;
  }
}
