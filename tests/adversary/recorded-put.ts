import { type Producer, type PutOptions, SluiceError } from '@sluice/queue';
import type { HistoryRecorder } from '@sluice/testing/history';
import { burst, type BurstQueue } from './burst.ts';

export type BurstProducer = Producer<BurstQueue>;

/** Errors that say that nothing was added. */
const certain = new Set(['SLUICE_QUEUE_FULL', 'SLUICE_QUEUE_CLOSED', 'SLUICE_REDIS_UNAVAILABLE']);

/** How a put ended: `answered`, or the code of its error. */
export type PutEnd = string;

/**
 * Puts, and records the call and its end in the history. The job is known by its tag, which is its payload.
 *
 * @throws any error that `put` should never reject with
 */
export async function recordedPut(
  producer: BurstProducer,
  history: HistoryRecorder,
  { name, tag, ...options }: { name: string; tag: string } & PutOptions,
): Promise<PutEnd> {
  history.record({ type: 'put-sent', id: tag, producer: name });
  try {
    const { status } = await producer.put(burst, tag, options);
    history.record({ type: 'put-answered', id: tag, producer: name, status });
    return 'answered';
  } catch (error) {
    const code = codeOf(error, options.signal);
    const type = certain.has(code) ? 'put-refused' : 'put-unknown';
    history.record({ type, id: tag, producer: name, code });
    return code;
  }
}

function codeOf(error: unknown, signal: AbortSignal | undefined): string {
  if (signal?.aborted && error === signal.reason) return 'SLUICE_QUEUE_FULL'; // called off while it waited
  if (!(error instanceof SluiceError)) throw error;
  if (!certain.has(error.code) && error.code !== 'SLUICE_PUT_UNKNOWN') throw error;
  if ('retryAfterMs' in error) checkAdvice(Number(error.retryAfterMs));
  return error.code;
}

function checkAdvice(retryAfterMs: number): void {
  if (retryAfterMs >= 50 && retryAfterMs <= 60_000) return;
  throw new Error(`a refusal advised to come back in ${retryAfterMs} ms`);
}
