import type { JobContract } from '../job/contracts/job-contract.ts';
import type { QueueTracer } from '../job/tracing/queue-tracer.ts';
import { putOutcomeOf } from './producer-events.ts';
import type { Receipt } from './pending-put.ts';
import type { PutOptions } from './put-options.ts';

type TracedOptions = Pick<PutOptions, 'id' | 'signal' | 'telemetry'>;

/** Follows a put, where there is telemetry. @param put gets what is to be stored with the job */
export function tracePut<R extends Receipt>(
  tracer: PutTracer | undefined,
  job: JobContract | undefined,
  options: TracedOptions,
  put: (metadata: string | undefined) => Promise<R>,
): Promise<R> {
  return tracer ? tracer.trace(job?.name ?? '', options, put) : put(undefined);
}

/** Follows puts: a span for each, from its call to its answer, and its context goes with the job. */
export class PutTracer {
  readonly #tracer: QueueTracer;

  constructor(tracer: QueueTracer) {
    this.#tracer = tracer;
  }

  /** As of {@link tracePut}. */
  async trace<R extends Receipt>(
    job: string,
    { id, signal, telemetry }: TracedOptions,
    put: (metadata: string | undefined) => Promise<R>,
  ): Promise<R> {
    const span = this.#tracer.start('put', { 'sluice.job.name': job });
    if (typeof id === 'string') span.set({ 'messaging.message.id': id });
    try {
      const receipt = await put(telemetry?.omitContext ? undefined : span.metadata());
      span.set({
        'messaging.message.id': receipt.id,
        'sluice.put.outcome': receipt.status,
        'sluice.put.waited_ms': receipt.waitedMs,
      });
      return receipt;
    } catch (error) {
      span.set({ 'sluice.put.outcome': putOutcomeOf(error, signal) });
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  }
}
