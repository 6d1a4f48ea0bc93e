import { callerId } from '../store/keys/queue-keys.ts';
import { type PoolServices, AttemptRecord, type Step } from './attempt-record.ts';
import {
  checkDeferredFailure,
  checkExpiry,
  checkLease,
  findHandler,
  noteCompany,
  readPayload,
  runHandler,
} from './attempt-steps.ts';
import { failed } from './classify-ending.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { settle } from './settle.ts';

/** What leads to an outcome, in order. The first step that finds one ends the search. */
const search: readonly Step[] = [
  checkLease,
  checkDeferredFailure,
  findHandler,
  noteCompany,
  readPayload,
  checkExpiry,
  runHandler,
];

/**
 * The whole course of one delivery: find its outcome → settle → report. Waits for a handler
 * that still runs after it called `ack`, `nack` or `term`. Never rejects.
 */
export async function runAttempt(delivery: Delivery, services: PoolServices): Promise<void> {
  const lease = services.leases.hold(delivery, services.handlers.get(delivery.name)?.contract);
  const record = new AttemptRecord(delivery, shownId(delivery.id), lease, services.clock.monotonicMs());
  try {
    await findOutcome(record, services);
    await write(record, services);
    report(record, services);
  } catch (error) {
    services.events.emit('fault', { where: `the course of job ${record.id}`, error });
  } finally {
    services.leases.release(lease);
  }
  if (record.run?.isOver === false) await record.run.whenOver();
  services.onRunOver?.(delivery);
}

/** A step that fails is a fault of ours; the attempt is a failed one all the same, or its job would come back for ever. */
async function findOutcome(record: AttemptRecord, services: PoolServices): Promise<void> {
  try {
    for (const step of search) {
      const going = step(record, services);
      if (going) await going; // most take no time
      if (record.outcome) break;
    }
  } catch (error) {
    services.events.emit('fault', { where: `the course of job ${record.id}`, error });
    const { handler, delivery } = record;
    if (handler) record.outcome = failed(error, { delivery, contract: handler.contract, random: services.random });
  }
}

async function write(record: AttemptRecord, services: PoolServices): Promise<void> {
  const { lease, run, controls } = record;
  const { outcome, written, refused } = await settle(
    lease,
    record.outcome ?? undecided(),
    services,
    run?.isOver === false,
  );
  record.outcome = outcome;
  record.written = written;
  record.refused = refused;
  controls?.answer(outcome, written);
}

/** No step decided: a mistake in the list of steps. The job is given back rather than lost. */
function undecided(): AttemptOutcome {
  return { kind: 'released', reason: recordFailure(new Error('the attempt came to no outcome')), delayMs: 1_000 };
}

function report(record: AttemptRecord, { events, counters, clock }: PoolServices): void {
  const { outcome, written, refused, startedAtMs } = record;
  if (!outcome) return;
  const { about } = record;
  if (refused) {
    counters.add('settledByWatchdog');
    events.emit('settledByWatchdog', { ...about, outcome: refused.kind });
  }
  if (!written) {
    counters.add('leaseLost');
    return events.emit('leaseLost', { ...about, outcome: outcome.kind });
  }
  counters.add(outcome.kind);
  switch (outcome.kind) {
    case 'completed':
      return events.emit('completed', { ...about, ms: Math.round(clock.monotonicMs() - startedAtMs) });
    case 'retried':
      return events.emit('retried', { ...about, ...said(outcome.failure), delayMs: outcome.delayMs });
    case 'released':
      return events.emit('released', { ...about, ...said(outcome.reason), delayMs: outcome.delayMs });
    case 'dead':
    case 'expired':
      return events.emit(outcome.kind, { ...about, ...said(outcome.failure) });
    case 'missing':
      return events.emit('missing', { ...about, ...said(outcome.reason) });
    default:
      return outcome satisfies never;
  }
}

function said({ code, message }: { code: string; message: string }): { code: string; message: string } {
  return { code, message };
}

/** Ids of foreign clients may look like ours without being so. */
function shownId(stored: string): string {
  try {
    return callerId(stored);
  } catch {
    return stored;
  }
}
