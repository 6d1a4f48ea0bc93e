import type { QueueDefinition } from '../contracts/queue-policy.ts';
import { isObject } from '../options/option-rules.ts';

/** Everything that is wrong with a registry of a queue's handlers: what is missing, misplaced or not of this queue. */
export function findHandlerProblems(queue: QueueDefinition, registry: unknown): string[] {
  const names = new Set(queue.jobs.map((job) => job.name));
  if (!isObject(registry) || contractOf(registry) !== undefined) {
    return [`they must be an object with a handler under the name of each job, as in { '${[...names][0]}': handler }`];
  }
  return [
    ...[...names]
      .filter((name) => !Object.hasOwn(registry, name))
      .map((name) => `no handler for ${name}: add one that defineHandler, defineBatchHandler or inThread made`),
    ...Object.keys(registry)
      .filter((name) => !names.has(name))
      .map((name) => `the queue has no job ${name}: add its contract to jobs of defineQueue, or leave the handler out`),
    ...Object.entries(registry).flatMap(([name, handler]) => problemOf(name, handler)),
  ];
}

/** A function alone does not say which contract it is for, and would fail at the first job. */
function problemOf(name: string, handler: unknown): string[] {
  const contract = contractOf(handler);
  if (contract === undefined)
    return [`the handler under ${name} must be made by defineHandler, defineBatchHandler or inThread`];
  return contract === name ? [] : [`the handler under ${name} is one for ${contract}`];
}

/** The name of the contract that a handler is for; undefined when it is no handler. */
export function contractOf(value: unknown): string | undefined {
  if (!isObject(value) || !isObject(value['contract'])) return undefined;
  const runs = [value['handle'], value['handleBatch']].some((run) => typeof run === 'function');
  return runs || 'moduleUrl' in value ? String(value['contract']['name']) : undefined;
}
