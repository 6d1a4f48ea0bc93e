import { decodePayload } from '../job/encoding/decode.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import {
  JobTimeoutError,
  LeaseLostError,
  PayloadInvalidError,
  VersionTooNewError,
  JobCrashedError,
  JobExpiredError,
  JobNotServedError,
} from '../job/errors/index.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import type { BoundHandler, ThreadedHandler } from '../job/handler/handler-registry.ts';
import { AttemptContext } from './attempt-context.ts';
import { attemptLimits } from './attempt-limits.ts';
import type { PoolServices, AttemptRecord, Step } from './attempt-record.ts';
import { AttemptControls } from './attempt-controls.ts';
import { classifyEnding, failed } from './classify-ending.ts';
import type { Delivery } from '../job/delivery.ts';
import { extendAttempt } from './extend-attempt.ts';
import { recordFailure } from '../job/failure-record.ts';
import { findExecutor, acquireThread, notServed, type Executor } from './find-executor.ts';
import { HandlerRun } from './handler-run.ts';
import { HandlerMonitor } from './handler-monitor.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';

/** BullMQ's reason for a job that outlived too many of its workers. */
const STALLED = 'job stalled more than allowable limit';

/**
 * The answer to a take may have been long on its way, or lain unread while another handler blocked the event loop. The lease thread
 * knew nothing of the job then, so somebody else may have it by now.
 */
export const checkLease: Step = (record) => {
  const { lease, id } = record;
  if (lease.isFresh) return;
  return lease.confirm().then((holds) => {
    if (holds === 'held') return;
    record.outcome = { kind: 'released', reason: recordFailure(new LeaseLostError(id)), delayMs: 0 };
  });
};

/** A job that dies here was not alone, and neither was one that ran here before: Redis must know before anything can happen. */
export const noteCompany: Step = (_record, { process }) => process.noteCompany()?.then(() => undefined);

/** Jobs that must end without being run: their worker died too often, a child failed, or only the id is left. */
export function checkDeferredFailure(record: AttemptRecord): void {
  const { deferredFailure, name } = record.delivery;
  if (deferredFailure === null && name !== '') return;
  const reason = deferredFailure ?? 'the job was removed while its id was still in the queue';
  const error = reason === STALLED ? new JobCrashedError(reason) : new Error(reason);
  const failure = { ...recordFailure(error), stack: null };
  record.outcome = name === '' ? { kind: 'missing', reason: failure } : { kind: 'dead', failure };
}

/** A job without a handler here is for another worker. */
export function findHandler(record: AttemptRecord, services: PoolServices): void {
  const { delivery } = record;
  record.handler = services.handlers.get(delivery.name) ?? null;
  if (record.handler) return;
  record.outcome = notServed(delivery, new JobNotServedError(`no handler for ${delivery.name} here`), services);
}

export const readPayload: Step = served((record, { contract }, services) => {
  const { delivery } = record;
  const refuse = (error: unknown): void => void (record.outcome = unreadable(error, delivery, contract, services));
  const payload = decodePayload(contract, delivery.options.sluice?.v ?? contract.version, delivery.data);
  if (payload instanceof Promise) return payload.then((value) => void (record.payload = value), refuse);
  record.payload = payload;
});

function unreadable(error: unknown, delivery: Delivery, contract: JobContract, services: PoolServices): AttemptOutcome {
  if (error instanceof VersionTooNewError) return notServed(delivery, error, services);
  if (error instanceof PayloadInvalidError) return { kind: 'dead', failure: recordFailure(error) };
  return failed(error, { delivery, contract, random: services.random });
}

export function checkExpiry(record: AttemptRecord, { clock }: PoolServices): void {
  const expiresAtMs = record.delivery.options.sluice?.e;
  if (expiresAtMs === undefined || clock.redisMs() < expiresAtMs) return;
  record.outcome = { kind: 'expired', failure: recordFailure(new JobExpiredError(expiresAtMs)) };
}

/** Runs the handler in its executor. The deadline runs from its start, not while it waits for a thread. */
export const runHandler: Step = served((record, handler, services) => {
  if ('acquire' in handler) return runInThread(record, handler, services);
  const executor = findExecutor(services);
  if (executor.kind !== 'main loop') record.outcome = executor;
  else return runIn(executor, record, handler.contract, (attempt) => handler.handle(attempt as never), services);
});

async function runInThread(record: AttemptRecord, handler: ThreadedHandler, services: PoolServices): Promise<void> {
  const executor = await acquireThread(record, handler, services);
  if (executor.kind !== 'thread') {
    record.outcome = executor;
    return;
  }
  checkExpiry(record, services);
  if (!record.outcome)
    await runIn(executor, record, handler.contract, (attempt) => executor.thread.handle(attempt), services);
  const { run } = record;
  // A handler that has settled its attempt early keeps its thread until it returns.
  if (run?.isOver === false) void run.whenOver().then(() => executor.thread.release());
  else executor.thread.release();
}

/** Runs the handler under its deadline, and decides the outcome: by how the run ended, or by an ack method before that. */
async function runIn(
  executor: Executor,
  record: AttemptRecord,
  contract: JobContract,
  handle: (attempt: Attempt) => unknown,
  services: PoolServices,
): Promise<void> {
  const { leases, events, clock, random, aborts, unserved } = services;
  const { delivery, lease } = record;
  const limits = attemptLimits(delivery.options, contract, clock.redisMs());
  const run = new HandlerRun(limits, new HandlerMonitor(executor, record, services));
  record.run = run;
  unserved.clear(contract.name);
  leases.limit(lease, { timeoutMs: limits.timeoutMs, leftMs: limits.timeoutMs + limits.graceMs });
  lease.onLost = (error) => run.interrupt(error);
  lease.onTimedOut = () => run.giveUp(new JobTimeoutError(run.timeoutMs));
  events.emit('started', record.about);
  const context = makeContext(record, contract, run, services);
  const ended = run.start(() => handle(AttemptContext.shown(context)));
  aborts.add(run);
  const ending = await ended;
  AttemptContext.close(context);
  if (run.isOver) aborts.remove(run);
  else void run.whenOver().then(() => aborts.remove(run));
  const outcome = classifyEnding(ending, { delivery, contract, random });
  record.outcome = outcome instanceof Promise ? await outcome : outcome;
}

function makeContext(
  record: AttemptRecord,
  contract: JobContract,
  run: HandlerRun,
  services: PoolServices,
): AttemptContext {
  const controls = new AttemptControls(record.id, run, async (ms) => {
    await extendAttempt(record, run, ms, services);
    context.deadlineAtMs = startedAtMs + run.timeoutMs;
    services.events.emit('extended', { ...record.about, deadlineAtMs: context.deadlineAtMs });
    return context.deadlineAtMs;
  });
  record.controls = controls;
  const context = new AttemptContext(record, contract, run, controls, services);
  const startedAtMs = context.deadlineAtMs - run.timeoutMs;
  return context;
}

/** A step for records that have a handler. */
function served(
  step: (record: AttemptRecord, handler: BoundHandler, services: PoolServices) => void | Promise<void>,
): Step {
  return (record, services) => (record.handler ? step(record, record.handler, services) : undefined);
}
