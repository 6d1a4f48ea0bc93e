import { callerId } from '../store/keys/queue-keys.ts';
import { decodePayload } from '../job/encoding/decode.ts';
import type { JobContract } from '../job/contracts/job-contract.ts';
import {
  JobTimeoutError,
  LeaseLostError,
  PayloadInvalidError,
  VersionTooNewError,
  JobCrashedError,
  JobExpiredError,
  JobNotServedError,
} from '../job/errors/index.ts';
import type { PlainBatchHandler, ThreadedHandler } from '../job/handler/handler-registry.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { unknownDelay } from '../job/retry-delay.ts';
import { acquireThread } from './acquire-thread.ts';
import { interrupted, waitToRun } from './wait-to-run.ts';
import { AttemptContext } from './attempt-context.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { classifyEnding, failed } from './classify-ending.ts';
import { HandlerMonitor } from './handler-monitor.ts';
import { attemptLimits, HandlerRun } from './handler-run.ts';
import { reportAttempt } from './report-attempt.ts';
import { settle, type Settlement } from './settle.ts';

/** Adds to a record what it finds out. Synchronous unless it has to wait. */
type Step = (record: AttemptRecord, services: PoolServices) => void | Promise<void>;

/** What runs one attempt, wherever it does. */
interface RunnableHandler {
  readonly contract: JobContract;
  readonly handle: (attempt: never, run: HandlerRun) => unknown;
}

/** What leads to an outcome, in order. The first step that finds one ends the search. */
const STEPS: readonly Step[] = [
  checkLease,
  checkDeferredFailure,
  findHandler,
  noteCompany,
  readPayload,
  checkExpiry,
  runHandler,
];

/** BullMQ's reason for a job that outlived too many of its workers. */
const STALLED = 'job stalled more than allowable limit';

/**
 * The whole course of one delivery: find its outcome → settle → report. Waits for a handler
 * that still runs after it called `ack`, `nack` or `term`. Never rejects.
 */
export async function runAttempt(delivery: Delivery, services: PoolServices, isSuspect = false): Promise<void> {
  const lease = services.leases.hold(delivery, services.handlers.get(delivery.name)?.contract);
  const record: AttemptRecord = {
    delivery,
    about: { id: callerId(delivery.id), job: delivery.name, attempt: delivery.attemptsMade + 1 },
    lease,
    startedAtMs: services.clock.monotonicMs(),
    isSuspect,
    handler: null,
    payload: undefined,
    trace: null,
    run: null,
    controls: null,
    outcome: null,
    written: false,
    refused: null,
  };
  const waitedMs = waitedMsOf(delivery, services.clock.redisMs());
  services.events.emit('taken', { ...record.about, waitedMs });
  record.trace = services.tracer?.start(delivery, record.about, waitedMs) ?? null;
  try {
    await findOutcome(record, services);
    await write(record, services);
    reportAttempt(record, services);
  } catch (error) {
    services.events.emit('fault', { where: `the course of job ${record.about.id}`, error });
  } finally {
    services.leases.release(lease);
    record.trace?.end(record.outcome, record.written);
  }
  if (record.run?.isOver === false) await record.run.whenOver();
  services.onRunOver?.(delivery);
}

/** How long a job could have started before it is taken for the first time, as far as that is known. */
function waitedMsOf({ deliveries, options, createdAtMs }: Delivery, nowMs: number): number | null {
  if (deliveries !== 1 || createdAtMs <= 0) return null;
  return Math.max(nowMs - createdAtMs - (Number(options.delay) || 0), 0);
}

/** A step that fails is a fault of ours; the attempt is a failed one all the same, or its job would come back for ever. */
async function findOutcome(record: AttemptRecord, services: PoolServices): Promise<void> {
  try {
    for (const step of STEPS) {
      const going = step(record, services);
      if (going) await going; // most take no time
      if (record.outcome) break;
    }
  } catch (error) {
    services.events.emit('fault', { where: `the course of job ${record.about.id}`, error });
    const { handler, delivery } = record;
    if (handler) record.outcome = failed(error, { delivery, contract: handler.contract, random: services.random });
  }
}

/**
 * The answer to a take may have been long on its way, or lain unread while another handler blocked the event loop. The lease thread
 * knew nothing of the job then, so another worker may have it by now.
 */
function checkLease(record: AttemptRecord): void | Promise<void> {
  const { lease, about } = record;
  if (lease.isFresh) return;
  return lease.confirm().then((holds) => {
    if (holds === 'held') return;
    record.outcome = { kind: 'released', reason: recordFailure(new LeaseLostError(about.id)), delayMs: 0 };
  });
}

/** Jobs that must end without being run: their worker died too often, a child failed, or only the id is left. */
function checkDeferredFailure(record: AttemptRecord): void {
  const { deferredFailure, name } = record.delivery;
  if (deferredFailure === null && name !== '') return;
  const reason = deferredFailure ?? 'the job was removed while its id was still in the queue';
  const error = reason === STALLED ? new JobCrashedError(reason) : new Error(reason);
  const failure = { ...recordFailure(error), stack: null };
  record.outcome = name === '' ? { kind: 'missing', reason: failure } : { kind: 'dead', failure };
}

/** A job without a handler here is for another worker. */
function findHandler(record: AttemptRecord, services: PoolServices): void {
  const { name } = record.delivery;
  record.handler = services.handlers.get(name) ?? null;
  if (!record.handler)
    notServed(
      record,
      new JobNotServedError(`no handler for ${name} here: deploy it, or give the job a queue of its own`),
      services,
    );
}

/** A job that dies here was not alone, and neither was one that ran here before: Redis must know before anything can happen. */
function noteCompany(_record: AttemptRecord, { process }: PoolServices): void | Promise<void> {
  return process.noteCompany()?.then(() => undefined);
}

function readPayload(record: AttemptRecord, services: PoolServices): void | Promise<void> {
  const { delivery, handler } = record;
  if (!handler) return;
  const { contract } = handler;
  const payload = decodePayload(contract, delivery.options.sluice?.v ?? contract.version, delivery.data);
  if (payload instanceof Promise)
    return payload.then(
      (value) => void (record.payload = value),
      (error: unknown) => refusePayload(error, record, contract, services),
    );
  record.payload = payload;
}

function refusePayload(error: unknown, record: AttemptRecord, contract: JobContract, services: PoolServices): void {
  const { delivery } = record;
  if (error instanceof VersionTooNewError) notServed(record, error, services);
  else if (error instanceof PayloadInvalidError) record.outcome = { kind: 'dead', failure: recordFailure(error) };
  else record.outcome = failed(error, { delivery, contract, random: services.random });
}

function checkExpiry(record: AttemptRecord, { clock }: PoolServices): void {
  const expiresAtMs = record.delivery.options.sluice?.e;
  if (expiresAtMs === undefined || clock.redisMs() < expiresAtMs) return;
  record.outcome = { kind: 'expired', failure: recordFailure(new JobExpiredError(expiresAtMs)) };
}

/** Cancelled after it was taken, and before it runs. */
function checkCancel(record: AttemptRecord): void {
  const { cancelledBy } = record.lease;
  if (cancelledBy) record.outcome = interrupted(cancelledBy);
}

/** Runs the handler on the main loop or in a thread. The deadline runs from its start, not while it waits for a thread or a batch. */
function runHandler(record: AttemptRecord, services: PoolServices): void | Promise<void> {
  const { handler } = record;
  const { reason } = services.aborts;
  if (!handler) return;
  if ('acquire' in handler) return runInThread(record, handler, services);
  if ('handleBatch' in handler) return runInBatch(record, handler, services);
  checkCancel(record);
  if (record.outcome) return;
  if (reason) record.outcome = interrupted(reason);
  else return runIn(new HandlerMonitor(null, record.about, services), record, handler, services);
}

async function runInThread(record: AttemptRecord, handler: ThreadedHandler, services: PoolServices): Promise<void> {
  const waited = await acquireThread(record, handler, services);
  if ('outcome' in waited) {
    record.outcome = waited.outcome;
    return;
  }
  const thread = waited.found;
  const { contract } = handler;
  checkExpiry(record, services);
  checkCancel(record);
  if (!record.outcome) {
    const monitor = new HandlerMonitor(thread, record.about, services);
    await runIn(monitor, record, { contract, handle: (attempt) => thread.handle(attempt) }, services);
  }
  const { run } = record;
  // A handler that has settled its attempt early keeps its thread until it returns.
  if (run?.isOver === false) void run.whenOver().then(() => thread.release());
  else thread.release();
}

/** Runs the handler together with other jobs, in a run of the attempt's own. */
async function runInBatch(record: AttemptRecord, handler: PlainBatchHandler, services: PoolServices): Promise<void> {
  const waited = await waitToRun(record, services, (signal) =>
    services.batches.join(handler, signal, record.isSuspect),
  );
  if ('outcome' in waited) {
    record.outcome = waited.outcome;
    return;
  }
  const call = waited.found;
  checkExpiry(record, services);
  checkCancel(record);
  if (record.outcome) return call.leave();
  const monitor = new HandlerMonitor(null, record.about, services, call);
  const { contract } = handler;
  await runIn(monitor, record, { contract, handle: (attempt, run) => call.enter(attempt, run) }, services);
}

/** Runs the handler under its deadline, and decides the outcome: by how the run ended, or by an ack method before that. */
async function runIn(
  monitor: HandlerMonitor,
  record: AttemptRecord,
  { contract, handle }: RunnableHandler,
  services: PoolServices,
): Promise<void> {
  const { leases, events, clock, random, aborts, unserved } = services;
  const { delivery, lease, about } = record;
  const limits = attemptLimits(delivery.options, contract, clock.redisMs());
  const run = new HandlerRun(limits, monitor);
  record.run = run;
  unserved.clear(contract.name);
  leases.limit(lease, { timeoutMs: limits.timeoutMs, leftMs: limits.timeoutMs + limits.graceMs });
  lease.onLost = (error) => run.interrupt(error);
  lease.onCancelled = (error) => {
    run.interrupt(error);
    leases.limit(lease, { timeoutMs: run.timeoutMs, leftMs: limits.graceMs });
  };
  lease.onTimedOut = () => run.giveUp(lease.cancelledBy ?? new JobTimeoutError(run.timeoutMs));
  events.emit('started', about);
  const context = new AttemptContext(record, contract, run, services);
  const call = (): unknown => handle(AttemptContext.shown(context) as never, run);
  const ended = run.start(inSpan(record, call));
  aborts.add(run);
  const ending = await ended;
  AttemptContext.close(context);
  record.trace?.endAttempt(ending);
  if (run.isOver) aborts.remove(run);
  else void run.whenOver().then(() => aborts.remove(run));
  const outcome = classifyEnding(ending, { delivery, contract, random });
  record.outcome = outcome instanceof Promise ? await outcome : outcome;
}

/** A handler runs under the span of its attempt. One that gets several jobs at once runs under none: it would be that of any one. */
function inSpan({ trace, handler }: AttemptRecord, call: () => unknown): () => unknown {
  const span = trace?.startAttempt();
  if (!span || (handler && 'handleBatch' in handler)) return call;
  return () => span.run(call);
}

/** This worker cannot run the job: another one may, or this one later. */
function notServed(record: AttemptRecord, error: Error, { unserved, random }: PoolServices): void {
  const { deliveries, attemptsMade, crashes, name } = record.delivery;
  const reason = recordFailure(error);
  unserved.note(name, reason);
  const delayMs = unknownDelay(deliveries - 1 - attemptsMade - crashes, random);
  record.outcome = { kind: 'released', reason, delayMs, showsReason: true };
}

async function write(record: AttemptRecord, services: PoolServices): Promise<void> {
  const { lease, run, controls, trace } = record;
  const end = (): Promise<Settlement> => settle(lease, record.outcome ?? undecided(), services, run?.isOver === false);
  const { outcome, written, refused } = await (trace ? trace.settle(end) : end());
  record.outcome = outcome;
  record.written = written;
  record.refused = refused;
  controls?.answer(outcome, written);
}

/** No step decided: a mistake in the list of steps. The job is given back rather than lost. */
function undecided(): AttemptOutcome {
  return { kind: 'released', reason: recordFailure(new Error('the attempt came to no outcome')), delayMs: 1_000 };
}
