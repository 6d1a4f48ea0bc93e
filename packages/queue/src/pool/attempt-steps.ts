import {
  decodePayload,
  type JobContract,
  JobInterruptedError,
  JobTimeoutError,
  PayloadInvalidError,
  VersionTooNewError,
} from '@sluice/shared';
import { JobCrashedError, JobExpiredError, JobNotServedError } from './attempt-errors.ts';
import { openAttempt } from './attempt-handle.ts';
import { attemptTimeout } from './attempt-timeout.ts';
import type { AttemptHost, AttemptRecord, Step } from './attempt-record.ts';
import { classifyEnding, failed } from './classify-ending.ts';
import type { Delivery } from './delivery.ts';
import { recordFailure } from './failure-record.ts';
import { type Ending, HandlerRun } from './handler-run.ts';
import type { Outcome } from './outcome.ts';
import { attemptsOf, unknownDelay } from './retry-delay.ts';

/** BullMQ's reason for a job that outlived too many of its workers. */
const STALLED = 'job stalled more than allowable limit';

/** Jobs that must end without being run: their worker died too often, a child failed, or only the id is left. */
export function checkDoom(record: AttemptRecord): AttemptRecord {
  const { doomed, name } = record.delivery;
  if (doomed === null && name !== '') return record;
  const reason = doomed ?? 'the job was removed while its id was still in the queue';
  const error = reason === STALLED ? new JobCrashedError(reason) : new Error(reason);
  return { ...record, outcome: { kind: 'dead', failure: { ...recordFailure(error), stack: null } } };
}

/** A job without a handler here is for another worker. */
export function findHandler(record: AttemptRecord, { handlers }: AttemptHost): AttemptRecord {
  const { delivery } = record;
  const handler = handlers.get(delivery.name);
  if (handler) return { ...record, handler };
  return { ...record, outcome: notServed(delivery, new JobNotServedError(`no handler for ${delivery.name} here`)) };
}

export const readPayload: Step = served(async (record, contract, host) => {
  const { delivery } = record;
  try {
    const value = await decodePayload(contract, delivery.options.sluice?.v ?? contract.version, delivery.data);
    return { ...record, payload: { value } };
  } catch (error) {
    return { ...record, outcome: unreadable(error, delivery, contract, host) };
  }
});

function unreadable(error: unknown, delivery: Delivery, contract: JobContract, { random }: AttemptHost): Outcome {
  if (error instanceof VersionTooNewError) return notServed(delivery, error);
  if (error instanceof PayloadInvalidError) return { kind: 'dead', failure: recordFailure(error) };
  return failed(error, { delivery, contract, random });
}

function notServed(delivery: Delivery, error: Error): Outcome {
  const timesReleased = delivery.deliveries - 1 - delivery.attemptsMade - delivery.crashes;
  return { kind: 'released', reason: recordFailure(error), delayMs: unknownDelay(timesReleased) };
}

export function checkExpiry(record: AttemptRecord, { clock }: AttemptHost): AttemptRecord {
  const expiresAtMs = record.delivery.options.sluice?.e;
  if (expiresAtMs === undefined || clock.wallMs() < expiresAtMs) return record;
  return { ...record, outcome: { kind: 'dead', failure: recordFailure(new JobExpiredError(expiresAtMs)) } };
}

/** Runs the handler under its deadline, and judges how it ended. */
export const runHandler: Step = served(async (record, contract, host) => {
  const { interruption, tally, events, random } = host;
  if (interruption.reason) return { ...record, outcome: interrupted(interruption.reason) };
  const timeoutMs = attemptTimeout(record.delivery.options, contract);
  const run = new HandlerRun({ timeoutMs, graceMs: contract.graceMs });
  host.keeper.limit(record.lease, timeoutMs + contract.graceMs);
  record.lease.onLost = (error) => run.interrupt(error);
  record.lease.onOvertaken = () => run.giveUp(new JobTimeoutError(timeoutMs));
  events.emit('started', eventOf(record));
  const ending = await handle(record, contract, run, timeoutMs, host);
  if (ending.how === 'abandoned') {
    tally.add('abandoned');
    events.emit('abandoned', eventOf(record));
  }
  return { ...record, outcome: await classifyEnding(ending, { delivery: record.delivery, contract, random }) };
});

function interrupted(reason: Error): Outcome {
  const error = reason instanceof JobInterruptedError ? reason : new JobInterruptedError(reason.message);
  return { kind: 'released', reason: recordFailure(error), delayMs: 0 };
}

async function handle(
  record: AttemptRecord,
  contract: JobContract,
  run: HandlerRun,
  timeoutMs: number,
  host: AttemptHost,
): Promise<Ending> {
  const { delivery, id, payload, handler } = record;
  const fields = {
    id,
    payload: payload?.value,
    attempt: delivery.attemptsMade + 1,
    maxAttempts: attemptsOf(delivery.options, contract),
    fence: delivery.fence,
    signal: run.signal,
    deadline: host.clock.wallMs() + timeoutMs,
    log: host.log.child({ job: delivery.name, jobId: id, attempt: delivery.attemptsMade + 1 }),
  };
  const handed = openAttempt(fields, (value) => host.store.saveProgress(delivery, value));
  const ended = run.start(
    () => handler?.handle(handed.attempt as never),
    () => host.tally.add('abandoned', -1),
  );
  host.interruption.add(run);
  const ending = await ended;
  host.interruption.remove(run);
  handed.close();
  return ending;
}

/** A step for records that have a handler. */
function served(
  step: (record: AttemptRecord, contract: JobContract, host: AttemptHost) => Promise<AttemptRecord>,
): Step {
  return (record, host) => (record.handler ? step(record, record.handler.contract, host) : record);
}

export function eventOf({ id, delivery }: AttemptRecord): { id: string; job: string; attempt: number } {
  return { id, job: delivery.name, attempt: delivery.attemptsMade + 1 };
}
