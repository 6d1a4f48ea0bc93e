import {
  JobScheduler,
  type JobSchedulerJobOptions,
  type JobJson,
  type QueueBaseOptions,
  type RedisQueueBackend,
} from 'bullmq';

/**
 * Keeps BullMQ's job schedulers alive: whoever takes one of their jobs must add the next one, else there is none ever
 * again. BullMQ's Worker does the same.
 */
export class NextIteration {
  readonly #scheduler: JobScheduler;

  constructor(storedName: string, options: QueueBaseOptions, backend: RedisQueueBackend) {
    this.#scheduler = new JobScheduler(storedName, options, () => backend);
    this.#scheduler.on('error', () => undefined);
  }

  /** @param job what was taken under this id; jobs of no scheduler are passed over */
  async scheduleAfter(id: string, job: JobJson): Promise<void> {
    const { repeatJobKey, opts, name, data } = job;
    const { repeat } = opts as JobSchedulerJobOptions;
    if (!repeatJobKey || !repeat) return;
    const how = { override: false, producerId: id };
    await this.#scheduler.upsertJobScheduler(repeatJobKey, repeat, name, JSON.parse(data), opts, how);
  }
}
