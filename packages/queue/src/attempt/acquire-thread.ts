import { JobNotServedError } from '../job/errors/index.ts';
import type { ThreadedHandler } from '../job/handler/handler-registry.ts';
import type { ThreadHandle } from '../job/handler/thread-handle.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { failed } from './classify-ending.ts';
import { type Waited, waitToRun } from './wait-to-run.ts';

/** A thread, as soon as one is free. A module that does not load spends an attempt, or the job would come back for ever. */
export async function acquireThread(
  record: AttemptRecord,
  { contract, acquire }: ThreadedHandler,
  services: PoolServices,
): Promise<Waited<ThreadHandle>> {
  const { delivery } = record;
  const version = delivery.options.sluice?.v ?? contract.version;
  try {
    return await waitToRun(record, services, (signal) => acquire({ version, json: delivery.data }, signal));
  } catch (error) {
    const { events, unserved, random } = services;
    events.emit('fault', { where: `starting a thread for ${contract.name}`, error });
    const why = error instanceof Error ? error.message : String(error);
    const failure = new JobNotServedError(`no thread could run ${contract.name} here: ${why}`, { cause: error });
    unserved.note(contract.name, recordFailure(failure), true);
    return { outcome: failed(failure, { delivery, contract, random }) };
  }
}
