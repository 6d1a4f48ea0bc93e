import {
  type AllQueues,
  connectProducer,
  flowOfTree,
  type FlowNode,
  type FlowTree,
  type Producer,
} from '@sluice/queue';
import { defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { loadApp } from '@sluice/service';
import { openQueue } from '../queues/open-queues.ts';
import { type AppTarget, capacityOf, contractOfGuest, type GuestTarget, named } from './put-target.ts';

/** Where a flow is put, and the flow with its contracts and queues. */
export interface FlowTarget {
  readonly producer: Producer<QueueDefinition>;
  readonly flow: FlowNode;
}

/**
 * By the definitions of an app: each payload is checked by its contract.
 *
 * @throws FlowInvalidError; UsageError when the app has no such queue; what is wrong with the app module
 */
export async function flowByApp(
  tree: FlowTree,
  { queue: name, redis, logger, app }: Omit<AppTarget, 'job'>,
): Promise<FlowTarget> {
  const { queues } = await loadApp(app, { where: '--app' });
  const queue = named(queues, name, `the app ${app} has no queue`);
  const flow = await flowOfTree(tree, queue, queues);
  return { producer: await connectProducer(queue, { redis, logger }), flow };
}

/**
 * Queues that are known by their names alone: payloads go in as plain JSON, under the capacities that Redis has.
 *
 * @throws FlowInvalidError; NotFoundError when Redis has no such queue, UsageError when it has no capacity; only that of the root can be given
 */
export async function flowAsGuest(
  tree: FlowTree,
  all: AllQueues,
  { queue: root, prefix, redis, logger, capacity: given }: Omit<GuestTarget, 'job'>,
): Promise<FlowTarget> {
  const queues: QueueDefinition[] = [];
  for (const [name, jobs] of jobsByQueue(tree, root)) {
    if (name !== root) await openQueue(all, name); // --capacity makes none of these
    const capacity = await capacityOf(all, { queue: name, capacity: name === root ? given : undefined });
    queues.push(defineQueue({ name, prefix, capacity, jobs: [...jobs].map(contractOfGuest) }));
  }
  const queue = named(queues, root, 'the flow has no queue');
  const flow = await flowOfTree(tree, queue, queues);
  return { producer: await connectProducer(queue, { redis, logger, asGuest: true }), flow };
}

/** The names of the contracts that each queue gets jobs of. */
function jobsByQueue(tree: FlowTree, root: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = ({ job, queue, children }: FlowTree, ofParent: string): void => {
    const name = queue ?? ofParent;
    found.set(name, (found.get(name) ?? new Set()).add(job));
    for (const child of children) add(child, name);
  };
  add({ ...tree, queue: root }, root);
  return found;
}
