import {
  decodePayload,
  type JobContract,
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
import { findPlace, notServed, type Place } from './find-place.ts';
import { giveUp } from './give-up.ts';
import { type Ending, HandlerRun } from './handler-run.ts';
import type { Outcome } from './outcome.ts';
import { attemptsOf } from './retry-delay.ts';

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

export function checkExpiry(record: AttemptRecord, { clock }: AttemptHost): AttemptRecord {
  const expiresAtMs = record.delivery.options.sluice?.e;
  if (expiresAtMs === undefined || clock.wallMs() < expiresAtMs) return record;
  return { ...record, outcome: { kind: 'dead', failure: recordFailure(new JobExpiredError(expiresAtMs)) } };
}

/** Finds a place for the handler and runs it there. The deadline runs from its start, not while it waits for a thread. */
export const runHandler: Step = served(async (record, contract, host) => {
  const { handler } = record;
  if (!handler) return record;
  const place = await findPlace(record, handler, host);
  if (!isPlace(place)) return { ...record, outcome: place };
  if (place.kind === 'main loop') return runIn(place, record, contract, host);
  try {
    const still = checkExpiry(record, host);
    return still.outcome ? still : await runIn(place, record, contract, host);
  } finally {
    place.seat.leave();
  }
});

/** Runs the handler under its deadline, and judges how it ended. */
async function runIn(
  place: Place,
  record: AttemptRecord,
  contract: JobContract,
  host: AttemptHost,
): Promise<AttemptRecord> {
  const timeoutMs = attemptTimeout(record.delivery.options, contract);
  const run = new HandlerRun({ timeoutMs, graceMs: contract.graceMs });
  host.keeper.limit(record.lease, timeoutMs + contract.graceMs);
  record.lease.onLost = (error) => run.interrupt(error);
  record.lease.onOvertaken = () => run.giveUp(new JobTimeoutError(timeoutMs));
  host.events.emit('started', eventOf(record));
  const ending = await handle(place, record, contract, run, timeoutMs, host);
  if (ending.how === 'abandoned') giveUp(place, eventOf(record), host);
  const { delivery } = record;
  return { ...record, outcome: await classifyEnding(ending, { delivery, contract, random: host.random }) };
}

function isPlace(found: Place | Outcome): found is Place {
  return found.kind === 'main loop' || found.kind === 'thread';
}

async function handle(
  place: Place,
  record: AttemptRecord,
  contract: JobContract,
  run: HandlerRun,
  timeoutMs: number,
  host: AttemptHost,
): Promise<Ending> {
  const { delivery, id, payload } = record;
  const fields = {
    id,
    payload: payload?.value,
    attempt: delivery.attemptsMade + 1,
    maxAttempts: attemptsOf(delivery.options, contract),
    fence: delivery.fence,
    deadline: host.clock.wallMs() + timeoutMs,
  };
  const handed = openAttempt(fields, {
    signal: () => run.signal,
    log: () => host.log.child({ job: delivery.name, jobId: id, attempt: delivery.attemptsMade + 1 }),
    save: (value) => host.store.saveProgress(delivery, value),
  });
  const ended =
    place.kind === 'thread'
      ? run.start(
          () => place.seat.handle(handed.attempt),
          () => undefined,
        )
      : run.start(
          () => place.handle(handed.attempt),
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
