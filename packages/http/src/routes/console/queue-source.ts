import type { Admin } from '@sluice/queue';
import type { ServedQueues } from '../served-queues.ts';

/** The queues that the console shows. */
export interface QueueSource {
  /** In the order of their names. */
  names(): Promise<readonly string[]>;
  /** @throws UnknownQueueError when there is none of this name */
  admin(name: string): Admin;
  /** The contracts that are known of it. */
  jobs(name: string): readonly string[];
}

/** Those that the service serves. */
export function servedSource(queues: ServedQueues): QueueSource {
  const names = queues
    .all()
    .map(({ queue }) => queue.name)
    .toSorted();
  return {
    names: async () => names,
    admin: (name) => queues.admin(name),
    jobs: (name) => queues.get(name).queue.jobs.map((job) => job.name),
  };
}
