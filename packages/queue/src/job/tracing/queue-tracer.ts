import type { Attributes, Span, Telemetry } from 'bullmq';
import { SluiceError } from '../errors/index.ts';
import * as optionRule from '../options/option-rules.ts';
import { type OptionRule } from '../options/option-rules.ts';

/** The kinds of OpenTelemetry's spans, by BullMQ's numbers: its enumeration is no part of what is loaded here. */
const spanKind = { internal: 0, client: 2, producer: 3, consumer: 4 } as const;

export type Operation = 'put' | 'process' | 'attempt' | 'settle';

/** What the messaging conventions of OpenTelemetry say of each operation. */
const OPERATIONS = {
  put: { kind: spanKind.producer, type: 'send' },
  process: { kind: spanKind.consumer, type: 'process' },
  attempt: { kind: spanKind.internal, type: null },
  settle: { kind: spanKind.client, type: 'settle' },
} as const satisfies Record<Operation, { kind: number; type: string | null }>;

export const telemetryRule: OptionRule = {
  must: 'be telemetry as BullMQ takes it, such as one of bullmq-otel',
  holds: (value) => optionRule.isObject(value) && 'tracer' in value && 'contextManager' in value,
};

export interface QueueTracerOptions {
  readonly telemetry: Telemetry;
  /** The queue's name. */
  readonly queue: string;
  /** Attributes of all spans. */
  readonly attributes?: Attributes;
  /** Called with what the telemetry fails with: nothing else depends on it. */
  readonly onFault: (error: unknown) => void;
}

/** Starts the spans of one queue. What the telemetry fails with breaks neither a put nor a job. */
export class QueueTracer {
  readonly #telemetry: Telemetry;
  readonly #queue: string;
  readonly #attributes: Attributes;
  readonly #onFault: (error: unknown) => void;

  constructor({ telemetry, queue, attributes = {}, onFault }: QueueTracerOptions) {
    this.#telemetry = telemetry;
    this.#queue = queue;
    this.#onFault = onFault;
    this.#attributes = { 'messaging.system': 'sluice', 'messaging.destination.name': queue, ...attributes };
  }

  /**
   * @param parent the span that it is part of; or where its parent was written down, by this library or by BullMQ. Default: what
   * is active
   */
  start(operation: Operation, attributes: Attributes, parent?: QueueSpan | string): QueueSpan {
    const { kind, type } = OPERATIONS[operation];
    const { tracer, contextManager } = this.#telemetry;
    const context = parent instanceof QueueSpan ? parent.context : this.#contextOf(parent);
    const named = { ...this.#attributes, 'messaging.operation.name': operation, ...attributes };
    const span = this.#safely(() => {
      const started = tracer.startSpan(`${operation} ${this.#queue}`, { kind }, context);
      started.setAttributes(type === null ? named : { ...named, 'messaging.operation.type': type });
      return started;
    });
    const safely = <T>(use: () => T): T | undefined => this.#safely(use);
    return new QueueSpan({ span, contextManager, safely, outer: context });
  }

  /** What a stranger wrote with a job may be no context at all. */
  #contextOf(metadata: string | undefined): unknown {
    const { contextManager } = this.#telemetry;
    const active: unknown = this.#safely(() => contextManager.active());
    if (typeof metadata !== 'string') return active;
    return this.#safely((): unknown => contextManager.fromMetadata(active, metadata)) ?? active;
  }

  #safely<T>(use: () => T): T | undefined {
    try {
      return use();
    } catch (error) {
      this.#onFault(error);
      return undefined;
    }
  }
}

interface QueueSpanDeps {
  /** Undefined when it could not be started. */
  readonly span: Span | undefined;
  readonly contextManager: Telemetry['contextManager'];
  /** Uses the telemetry, whatever it does. */
  readonly safely: <T>(use: () => T) => T | undefined;
  /** The context that it was started in. */
  readonly outer: unknown;
}

/** A span that has started. */
export class QueueSpan {
  /** The context in which it is active. */
  readonly context: unknown;
  readonly #deps: QueueSpanDeps;

  constructor(deps: QueueSpanDeps) {
    const { span, safely, outer } = deps;
    this.#deps = deps;
    this.context = (span && safely((): unknown => span.setSpanOnContext(outer))) ?? outer;
  }

  /** What joins the work of another process to this span, as BullMQ stores it with a job; undefined where it is too long for that. */
  metadata(): string | undefined {
    const { safely, contextManager } = this.#deps;
    const metadata = safely(() => contextManager.getMetadata(this.context));
    return metadata !== undefined && metadata.length <= METADATA_MAX ? metadata : undefined;
  }

  set(attributes: Attributes): void {
    this.#deps.safely(() => this.#deps.span?.setAttributes(attributes));
  }

  /** Notes why what it is of has failed. */
  fail(error: unknown): void {
    const exception = error instanceof Error ? error : new Error(String(error));
    this.set({ 'error.type': error instanceof SluiceError ? error.code : exception.name });
    this.#deps.safely(() => this.#deps.span?.recordException(exception));
  }

  end(): void {
    this.#deps.safely(() => this.#deps.span?.end());
  }

  /** Runs something with the span active. */
  run<T>(run: () => T): T {
    const { contextManager, safely } = this.#deps;
    let result: { readonly value: T } | { readonly error: unknown } | undefined;
    safely(() =>
      contextManager.with(this.context, () => {
        result = attempted(run);
      }),
    );
    result ??= attempted(run);
    if ('error' in result) throw result.error;
    return result.value;
  }
}

/** A caller's baggage is stored with each of its jobs, and its size is often a stranger's to choose. */
const METADATA_MAX = 8_192;

function attempted<T>(run: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}
