import type { StandardSchemaV1 } from '@standard-schema/spec';
import { DefinitionError } from '../errors/index.ts';
import { type JobContract } from '../contracts/job-contract.ts';
import { type JobOf, type QueueDefinition } from '../contracts/queue-policy.ts';
import type { BatchContext, BatchHandler } from './batch-handler.ts';
import type { Handler } from './handler.ts';
import type { ThreadHandler } from './in-thread.ts';
import type { ThreadHandle, ThreadPayload } from './thread-handle.ts';
import { findHandlerProblems } from './find-handler-problems.ts';
import { whileServing } from '../served-queue.ts';

/** One handler for each contract of a queue, by the contract's name. One that is missing does not compile. */
export type HandlerRegistry<Q extends QueueDefinition> = {
  readonly [C in JobOf<Q> as C['name']]: HandlerOf<C>;
};

/** Of a contract whose types got lost, as in a `QueueDefinition` without its jobs' types, any handler. */
type HandlerOf<C extends JobContract> = StandardSchemaV1 extends C['payload']
  ? PlainHandler | ThreadHandler | PlainBatchHandler
  : Handler<C> | ThreadHandler<C> | BatchHandler<C>;

/** A handler whose types were checked where it was defined. */
export interface PlainHandler {
  readonly contract: JobContract;
  readonly handle: (attempt: never) => unknown;
}

/** A batch handler whose types were checked where it was defined. */
export interface PlainBatchHandler extends Pick<BatchHandler, 'contract' | 'size' | 'waitMs'> {
  readonly handleBatch: (attempts: readonly never[], context: BatchContext) => unknown;
}

/** A handler that runs elsewhere: each attempt must acquire a thread first. */
export interface ThreadedHandler {
  readonly contract: JobContract;
  /**
   * Waits for a free thread.
   *
   * @throws the signal's reason when it aborts first; or why no thread can run this handler
   */
  readonly acquire: (payload: ThreadPayload, signal: AbortSignal) => Promise<ThreadHandle>;
}

export type BoundHandler = PlainHandler | PlainBatchHandler | ThreadedHandler;

/** As the pool runs them. */
export type Handlers = ReadonlyMap<string, BoundHandler>;

export type RegisteredHandler = PlainHandler | PlainBatchHandler | ThreadHandler;

/** As they were registered. */
export type RegisteredHandlers = ReadonlyMap<string, RegisteredHandler>;

/**
 * Checks a registry against its queue, for callers whose compiler did not.
 *
 * @throws DefinitionError that names every handler that is missing, misplaced or not of this queue.
 */
export function bindHandlers<Q extends QueueDefinition>(queue: Q, registry: HandlerRegistry<Q>): RegisteredHandlers {
  const problems = findHandlerProblems(queue, registry);
  if (problems.length > 0) throw new DefinitionError(`handlers of queue ${queue.name}: ${problems.join('; ')}`);
  const given = Object.entries<RegisteredHandler>(registry);
  return new Map(given.map(([name, handler]) => [name, serving(queue, handler)]));
}

/** Puts from inside the handler know where they come from. */
function serving(queue: QueueDefinition, handler: RegisteredHandler): RegisteredHandler {
  if ('moduleUrl' in handler) return handler;
  if ('handle' in handler)
    return { ...handler, handle: (attempt) => whileServing(queue, () => handler.handle(attempt)) };
  return {
    ...handler,
    handleBatch: (attempts, context) => whileServing(queue, () => handler.handleBatch(attempts, context)),
  };
}
