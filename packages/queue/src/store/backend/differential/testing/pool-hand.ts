import type { Delivery } from '../../../../job/delivery.ts';
import type { FailureRecord } from '../../../../job/failure-record.ts';

/** One pool, by either side's means. Ends are the name of the refusal, or null. */
export interface PoolHand {
  /** Completes, then takes. @returns how each completion ended, and the ids of the jobs that were taken */
  batch(completed: readonly Delivery[], take: number): Promise<{ ends: (string | null)[]; taken: Delivery[] }>;
  retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<string | null>;
  deadLetter(delivery: Delivery, failure: FailureRecord): Promise<string | null>;
  release(delivery: Delivery, delayMs: number): Promise<string | null>;
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return String(error.code);
  }
}

export const resultOf = ({ id }: Delivery): string => JSON.stringify({ done: id });
