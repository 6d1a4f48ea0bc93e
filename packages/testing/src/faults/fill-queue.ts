import type { JobOf, PayloadInput, Producer, QueueDefinition, Receipt } from '@sluice/queue';
import { QueueFullError } from '@sluice/queue';

export interface FillQueueOptions {
  /**
   * How much capacity is left free.
   *
   * @default 0
   */
  leave?: number;
}

/** Puts that are sent at once. */
const TOGETHER = 100;

/**
 * Puts jobs until the queue is full, so that a test sees what a put does then. Nobody may take jobs meanwhile, or it is full for a
 * moment only.
 *
 * @param queue a producer, or a test queue
 * @param payload of each job, or a function that makes the payload of the nth one, from 0
 * @returns their receipts
 */
export async function fillQueue<const Q extends QueueDefinition, C extends JobOf<Q>>(
  queue: Producer<Q> | { readonly producer: Producer<Q> },
  job: C,
  payload: PayloadInput<C> | ((n: number) => PayloadInput<C>),
  { leave = 0 }: FillQueueOptions = {},
): Promise<Receipt<C['name']>[]> {
  const producer = 'producer' in queue ? queue.producer : queue;
  const payloadOf = (n: number): PayloadInput<C> =>
    typeof payload === 'function' ? (payload as (n: number) => PayloadInput<C>)(n) : payload;
  const receipts: Receipt<C['name']>[] = [];
  for (;;) {
    const { capacity, depth } = await producer.stats();
    const wanted = Math.min(capacity - depth - leave, TOGETHER);
    if (wanted <= 0) return receipts;
    const puts = Array.from({ length: wanted }, (_, index) =>
      producer.tryPut(job, payloadOf(receipts.length + index)).catch((error: unknown) => {
        if (error instanceof QueueFullError) return null; // somebody else was faster
        throw error;
      }),
    );
    receipts.push(...(await Promise.all(puts)).filter((receipt) => receipt !== null));
  }
}
