import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { BullMQOtel } from 'bullmq-otel';

/** OpenTelemetry with an exporter to memory, as a program sets it up: for the whole process. */
export class RecordedSpans implements Disposable {
  readonly telemetry: BullMQOtel;
  readonly #exporter = new InMemorySpanExporter();

  constructor() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const spanProcessors = [new SimpleSpanProcessor({ exporter: this.#exporter })];
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
    this.telemetry = new BullMQOtel({ tracerName: 'test' });
  }

  /** Runs something under a span of this name, as a request would. */
  within<T>(name: string, run: () => Promise<T>): Promise<T> {
    return trace.getTracer('test').startActiveSpan(name, async (span) => {
      try {
        return await run();
      } finally {
        span.end();
      }
    });
  }

  /** The spans that have ended, as `name < parent's name`, with a parent that has not ended as `?`. */
  tree(): string[] {
    const spans = this.#exporter.getFinishedSpans();
    const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    return spans.map((span) => {
      const parent = span.parentSpanContext?.spanId;
      return parent === undefined ? span.name : `${span.name} < ${nameOf.get(parent) ?? '?'}`;
    });
  }

  /** The only span of this name. */
  only(name: string): ReadableSpan {
    const [found, ...others] = this.#exporter.getFinishedSpans().filter((span) => span.name === name);
    if (!found || others.length > 0) throw new Error(`there are ${found ? 'several' : 'no'} spans ${name}`);
    return found;
  }

  /** How many traces the spans make. */
  get traces(): number {
    return new Set(this.#exporter.getFinishedSpans().map((span) => span.spanContext().traceId)).size;
  }

  [Symbol.dispose](): void {
    trace.disable();
    context.disable();
    propagation.disable();
  }
}

/** The name of a span's kind. */
export function kindOf({ kind }: ReadableSpan): string | undefined {
  return SpanKind[kind];
}

/** The name of the span that is active. */
export function activeSpan(): string | undefined {
  return (trace.getActiveSpan() as ReadableSpan | undefined)?.name;
}
