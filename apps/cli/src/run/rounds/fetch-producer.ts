import { connectProducer, type Receipt, type PayloadInput } from '@sluice/queue';
import { type Logger } from '@sluice/queue/logging';
import { fetchUrl } from '@sluice/shared';
import type { FetchOutcome } from '../results/result-line.ts';
import type { RunOptions } from '../run-options.ts';
import { runQueue, windowOf } from './run-queue.ts';

export type FetchPayload = PayloadInput<typeof fetchUrl>;

/**
 * What came of the payload at `index`. `result-expired`: its job is gone, and with it the result, if there was one. `unawaited`: its
 * job is in, and the round ends before it.
 */
export type MappedFetch = {
  index: number;
  receipt: Pick<Receipt, 'status' | 'depth' | 'waitedMs'>;
} & (FetchOutcome | { outcome: 'result-expired' } | { outcome: 'unawaited' });

/** All that a run needs of the queue. */
export interface FetchProducer {
  map(
    payloads: AsyncIterable<FetchPayload>,
    options: { id: (index: number) => string; signal: AbortSignal },
  ): AsyncIterable<MappedFetch>;
  /** `waitingPuts`: puts of this producer that wait for capacity. */
  stats(): Promise<{ depth: number; active: number; waitingPuts: number }>;
  /** Deletes the queue with all that is in it. */
  obliterate(): Promise<void>;
  close(): Promise<void>;
}

export interface FetchProducerDeps {
  options: RunOptions;
  redisUrl: string;
  queue: string;
  log: Logger;
}

/**
 * Connects to the queue of a run.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer.
 */
export async function connectFetchProducer({
  options,
  redisUrl,
  queue,
  log,
}: FetchProducerDeps): Promise<FetchProducer> {
  const definition = runQueue(queue, options);
  const producer = await connectProducer(definition, { redis: redisUrl, logger: log });
  return {
    map: (payloads, { id, signal }) =>
      producer.map(fetchUrl, payloads, {
        id: (_, index) => id(index),
        window: windowOf(options),
        signal,
        // Slow pages are no failure of the queue.
        waitMs: Infinity,
        timeoutMs: options.timeoutMs,
        attempts: options.attempts,
      }),
    stats: () => producer.stats(),
    obliterate: () => producer.obliterate(),
    close: () => producer.close(),
  };
}
