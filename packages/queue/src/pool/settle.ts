import { LeaseLostError } from '@sluice/shared';
import { CompletionRefusedError } from './attempt-errors.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { recordFailure } from './failure-record.ts';
import type { Lease } from './lease-keeper.ts';
import type { AttemptStore } from './lease-store.ts';
import type { Outcome } from './outcome.ts';
import { pause } from './pause.ts';

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;

/** Whether the end of an attempt was written, and which end it was. */
export interface Settlement {
  readonly outcome: Outcome;
  /** False: the lease was lost first, and the job is another worker's, or will be. */
  readonly written: boolean;
}

export interface SettleTools {
  readonly store: AttemptStore;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
  /** Whether the handler still runs: its slot is not free for another job then. */
  readonly keepsSlot?: boolean;
}

/** Writes the end of an attempt. While Redis is away it tries again, until the lease is lost anyway. Never rejects. */
export async function settle(lease: Lease, outcome: Outcome, tools: SettleTools): Promise<Settlement> {
  let uncertain = false;
  let pauseMs = PAUSE_MIN_MS;
  lease.settling = true;
  for (;;) {
    try {
      await write(lease.delivery, outcome, tools);
      return { outcome, written: true };
    } catch (error) {
      if (error instanceof CompletionRefusedError)
        return settle(lease, { kind: 'dead', failure: recordFailure(error) }, tools);
      if (error instanceof LeaseLostError)
        return { outcome, written: uncertain && (await isAccounted(lease.delivery, tools)) };
      tools.onTrouble(error);
    }
    // The call may have been executed, and only its answer lost.
    uncertain = true;
    if (tools.clock.monotonicMs() >= lease.heldUntilMs) return { outcome, written: false };
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
  }
}

/** One call per outcome. */
function write(delivery: Delivery, outcome: Outcome, { store, keepsSlot }: SettleTools): Promise<void> {
  switch (outcome.kind) {
    case 'completed':
      return store.complete(delivery, outcome.result, keepsSlot);
    case 'retried':
      return store.retry(delivery, outcome.failure, outcome.delayMs);
    case 'released':
      return store.release(delivery, outcome.delayMs);
    case 'dead':
    case 'expired':
      return store.bury(delivery, outcome.failure);
    case 'cancelled':
      return store.discard(delivery);
    default:
      return outcome satisfies never;
  }
}

async function isAccounted(delivery: Delivery, { store, onTrouble }: SettleTools): Promise<boolean> {
  try {
    return await store.isAccounted(delivery);
  } catch (error) {
    onTrouble(error);
    return false;
  }
}
