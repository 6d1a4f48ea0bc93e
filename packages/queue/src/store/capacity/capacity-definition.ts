import { createHash } from 'node:crypto';
import type { EventPolicy, QueueDefinition } from '../../job/contracts/queue-policy.ts';

/** A definition of a queue, as claim-capacity.lua compares it with the others. */
export interface CapacityDefinition {
  /** Equal for all clients that run the same definition. */
  readonly id: string;
  /** Its revision where it states one, else 0; -1 for a client that adds to queues which are not its own. */
  readonly level: number;
  readonly capacity: number;
  /** The limits that it states, as definition-limits.lua reads them; empty for a client that says nothing of limits. */
  readonly limits: string;
  /** The events that it chooses; empty for a client that says nothing of them. */
  readonly events: EventPolicy | '';
}

/** Of one of our queues: a build that changes anything about it that can be compared has another definition. */
export function definitionOf(queue: QueueDefinition): CapacityDefinition {
  const {
    name,
    prefix,
    capacity,
    whenFull,
    keep,
    idempotencyMs = null,
    revision,
    limits,
    events,
    jobs,
    schedules,
  } = queue;
  const contracts = jobs.map((job) => [
    job.name,
    job.version,
    job.timeoutMs,
    job.graceMs,
    job.timeoutMaxMs,
    job.retry.attempts,
    job.retry.backoff.type,
    job.retry.backoff.delayMs,
  ]);
  const stated = statedLimits(limits);
  const rest: unknown[] = [name, prefix, whenFull, keep.completed, keep.dead, idempotencyMs, contracts];
  // Without schedules, limits and a choice of events the id is what it was before there were any.
  if (Object.keys(schedules).length > 0) rest.push(schedules);
  if (stated !== NO_LIMITS) rest.push(stated);
  if (events !== 'all') rest.push(events);
  return { ...capacityDefinition(capacity, revision, rest), limits: stated, events };
}

const NO_LIMITS = '[]';

function statedLimits({ running, rate, jobs = {} }: QueueDefinition['limits']): string {
  const all = [['', { running, rate }] as const, ...Object.entries(jobs)];
  const stated = all
    .map(([name, each]) => [name, each?.running ?? 0, each?.rate?.jobs ?? 0, each?.rate?.perMs ?? 0] as const)
    .filter(([, ...numbers]) => numbers.some((number) => number > 0));
  return JSON.stringify(stated);
}

/** @param rest what else the definition consists of */
export function capacityDefinition(
  capacity: number,
  revision: number | null,
  rest: readonly unknown[] = [],
): CapacityDefinition {
  const id = revision === null ? digest([capacity, ...rest]) : `revision-${revision}`;
  return { id, level: revision ?? 0, capacity, limits: '', events: '' };
}

/** The number of a client that adds jobs to queues of others: it counts where these state none. */
export function guestDefinition({ capacity }: CapacityDefinition): CapacityDefinition {
  return { id: `guest-${digest([capacity])}`, level: -1, capacity, limits: '', events: '' };
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
