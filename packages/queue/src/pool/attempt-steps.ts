import {
  decodePayload,
  type JobContract,
  JobTimeoutError,
  PayloadInvalidError,
  VersionTooNewError,
} from '@sluice/shared';
import { JobCrashedError, JobExpiredError, JobNotServedError } from './attempt-errors.ts';
import { type AttemptHandle, openAttempt } from './attempt-handle.ts';
import { attemptLimits } from './attempt-limits.ts';
import type { AttemptHost, AttemptRecord, Step } from './attempt-record.ts';
import { classifyEnding, failed } from './classify-ending.ts';
import { AttemptWords } from './attempt-words.ts';
import type { Delivery } from './delivery.ts';
import { extendAttempt } from './extend-attempt.ts';
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
  const failure = { ...recordFailure(error), stack: null };
  return { ...record, outcome: name === '' ? { kind: 'cancelled', reason: failure } : { kind: 'dead', failure } };
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
  return { ...record, outcome: { kind: 'expired', failure: recordFailure(new JobExpiredError(expiresAtMs)) } };
}

/** Finds a place for the handler and runs it there. The deadline runs from its start, not while it waits for a thread. */
export const runHandler: Step = served(async (record, contract, host) => {
  const { handler } = record;
  if (!handler) return record;
  const place = await findPlace(record, handler, host);
  if (!isPlace(place)) return { ...record, outcome: place };
  if (place.kind === 'main loop') return runIn(place, record, contract, host);
  const still = checkExpiry(record, host);
  const ended = still.outcome ? still : await runIn(place, record, contract, host);
  const run = ended.handling?.run;
  // A handler that has said how its attempt ends keeps its thread until it returns.
  if (run?.isOver === false) void run.whenOver().then(() => place.seat.leave());
  else place.seat.leave();
  return ended;
});

/** Runs the handler under its deadline, and judges how its attempt ended: with its run, or by a word before that. */
async function runIn(
  place: Place,
  record: AttemptRecord,
  contract: JobContract,
  host: AttemptHost,
): Promise<AttemptRecord> {
  const { keeper, events, clock, random } = host;
  const limits = attemptLimits(record.delivery.options, contract, clock.wallMs());
  const run = new HandlerRun(limits);
  keeper.limit(record.lease, limits.timeoutMs + limits.graceMs);
  record.lease.onLost = (error) => run.interrupt(error);
  record.lease.onOvertaken = () => run.giveUp(new JobTimeoutError(limits.timeoutMs));
  events.emit('started', eventOf(record));
  const handed = handOver(record, contract, run, clock.wallMs() + limits.timeoutMs, host);
  const ending = await handle(place, handed, record, run, host);
  const outcome = await classifyEnding(ending, { delivery: record.delivery, contract, random });
  return { ...record, handling: { run, words: handed.words }, outcome };
}

function isPlace(found: Place | Outcome): found is Place {
  return found.kind === 'main loop' || found.kind === 'thread';
}

type Handed = AttemptHandle & { readonly words: AttemptWords };

/** What the handler gets. */
function handOver(
  record: AttemptRecord,
  contract: JobContract,
  run: HandlerRun,
  deadline: number,
  host: AttemptHost,
): Handed {
  const { delivery, id, payload } = record;
  const attempt = delivery.attemptsMade + 1;
  const fields = {
    id,
    payload: payload?.value,
    attempt,
    maxAttempts: attemptsOf(delivery.options, contract),
    fence: delivery.fence,
    signal: run.signal,
    deadline,
  };
  const extend = async (ms: number): Promise<number> => {
    const moved = host.clock.wallMs() + Math.round(await extendAttempt(record, run, ms, host));
    handed.moveDeadline(moved);
    host.events.emit('extended', { ...eventOf(record), deadline: moved });
    return moved;
  };
  const words = new AttemptWords({ id, run, extend });
  const handed = openAttempt(fields, {
    log: () => host.log.child({ job: delivery.name, jobId: id, attempt }),
    save: (value) => host.store.saveProgress(delivery, value),
    words,
  });
  return { ...handed, words };
}

async function handle(
  place: Place,
  handed: AttemptHandle,
  record: AttemptRecord,
  run: HandlerRun,
  host: AttemptHost,
): Promise<Ending> {
  const { interruption, events, tally } = host;
  run.onAbandoned = () => giveUp(place, eventOf(record), host);
  run.onStray = (error) => {
    const { code, message } = recordFailure(error);
    events.emit('strayError', { ...eventOf(record), code, message });
  };
  const ended =
    place.kind === 'thread'
      ? run.start(
          () => place.seat.handle(handed.attempt),
          () => undefined,
        )
      : run.start(
          () => place.handle(handed.attempt),
          () => tally.add('abandoned', -1),
        );
  interruption.add(run);
  const ending = await ended;
  handed.close();
  if (run.isOver) interruption.remove(run);
  else void run.whenOver().then(() => interruption.remove(run));
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
