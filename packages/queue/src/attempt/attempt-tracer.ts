import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import type { Delivery } from '../job/delivery.ts';
import type { FailureRecord } from '../job/failure-record.ts';
import type { QueueSpan, QueueTracer } from '../job/tracing/queue-tracer.ts';
import type { Ending } from './handler-run.ts';
import type { JobEvent } from './pool-events.ts';

/** Follows deliveries: from the take on, under the span of the put. */
export class AttemptTracer {
  readonly #tracer: QueueTracer;

  constructor(tracer: QueueTracer) {
    this.#tracer = tracer;
  }

  start(delivery: Delivery, about: JobEvent, waitedMs: number | null): AttemptTrace {
    const { options, fence } = delivery;
    const attributes = {
      'messaging.message.id': about.id,
      'sluice.job.name': about.job,
      'sluice.job.attempt': about.attempt,
    };
    const parent = typeof options.tm === 'string' ? options.tm : undefined;
    const span = this.#tracer.start('process', attributes, parent);
    span.set({ 'sluice.job.fencing_token': fence, ...(waitedMs !== null && { 'sluice.job.waited_ms': waitedMs }) });
    return new AttemptTrace(span, (operation) => this.#tracer.start(operation, attributes, span));
  }
}

/**
 * The spans of one delivery:
 *
 * ```
 *   process ┬ attempt: the handler, whose own spans are below it
 *           └ settle: its end is written
 * ```
 */
export class AttemptTrace {
  readonly #span: QueueSpan;
  readonly #startPart: (operation: 'attempt' | 'settle') => QueueSpan;
  #attempt: QueueSpan | undefined;

  constructor(span: QueueSpan, startPart: (operation: 'attempt' | 'settle') => QueueSpan) {
    this.#span = span;
    this.#startPart = startPart;
  }

  startAttempt(): QueueSpan {
    this.#attempt = this.#startPart('attempt');
    return this.#attempt;
  }

  /** The attempt has its ending, though its handler may go on. */
  endAttempt(ending: Ending): void {
    if (ending.how === 'threw') this.#attempt?.fail(ending.error);
    else if (ending.abortedBy) this.#attempt?.fail(ending.abortedBy);
    this.#attempt?.end();
  }

  async settle<T extends { readonly written: boolean }>(settle: () => Promise<T>): Promise<T> {
    const span = this.#startPart('settle');
    try {
      const settlement = await settle();
      if (!settlement.written) span.set({ 'error.type': 'SLUICE_LEASE_LOST' });
      return settlement;
    } finally {
      span.end();
    }
  }

  end(outcome: AttemptOutcome | null, written: boolean): void {
    if (outcome) {
      this.#span.set({ 'sluice.attempt.outcome': written ? outcome.kind : 'lease-lost' });
      const failure = failureOf(outcome);
      if (failure) this.#span.set({ 'error.type': failure.code, 'error.message': failure.message });
    }
    this.#span.end();
  }
}

/** Why it was given back is no failure. */
function failureOf(outcome: AttemptOutcome): FailureRecord | undefined {
  return 'failure' in outcome ? outcome.failure : undefined;
}
