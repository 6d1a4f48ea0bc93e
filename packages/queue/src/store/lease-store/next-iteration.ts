import type { JobScheduler as Scheduler, JobSchedulerJobOptions, QueueBaseOptions, RedisQueueBackend } from 'bullmq';
import { JobScheduler, optsDecodeMap } from '../bullmq.ts';
import type { Delivery } from '../../job/delivery.ts';

/**
 * Keeps BullMQ's job schedulers alive: the client that takes one of their jobs must add the next one, else there is none ever
 * again. BullMQ's Worker does the same.
 */
export class NextIteration {
  readonly #scheduler: Scheduler;

  constructor(storedName: string, options: QueueBaseOptions, backend: RedisQueueBackend) {
    this.#scheduler = new JobScheduler(storedName, options, () => backend);
    this.#scheduler.on('error', () => undefined);
  }

  /** Jobs of no scheduler are passed over. */
  async scheduleAfter({ id, name, data, options, schedulerId }: Delivery): Promise<void> {
    const opts = longNames(options);
    if (!schedulerId || !opts.repeat) return;
    const how = { override: false, producerId: id };
    await this.#scheduler.upsertJobScheduler(schedulerId, opts.repeat, name, JSON.parse(data), opts, how);
  }
}

/** BullMQ stores some options under short names, and takes them under long ones. */
function longNames(stored: object): JobSchedulerJobOptions {
  const names: Record<string, string> = optsDecodeMap;
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [names[name] ?? name, value]));
}
