import type { KeysMap } from 'bullmq';
import { QueueKeys } from '../bullmq.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { storedName } from './queue-keys.ts';

/** BullMQ's keys of a queue, by their names; `''` is what the keys of its jobs start with. */
export function bullmqKeys(queue: Pick<QueueDefinition, 'name' | 'prefix'>): KeysMap {
  return new QueueKeys(queue.prefix).getKeys(storedName(queue));
}
