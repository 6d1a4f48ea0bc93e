import { createHash } from 'node:crypto';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';

/** A definition of a queue, as claim-capacity.lua compares it with the others. */
export interface CapacityDefinition {
  /** Equal for all clients that run the same definition. */
  readonly id: string;
  /** Its revision where it states one, else 0; -1 for a client that adds to queues which are not its own. */
  readonly level: number;
  readonly capacity: number;
}

/** Of one of our queues: a build that changes anything about it that can be compared has another definition. */
export function definitionOf(queue: QueueDefinition): CapacityDefinition {
  const { name, prefix, capacity, whenFull, keep, idempotencyMs = null, revision, jobs, schedules } = queue;
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
  return capacityDefinition(capacity, revision, [
    name,
    prefix,
    whenFull,
    keep.completed,
    keep.dead,
    idempotencyMs,
    contracts,
    ...(Object.keys(schedules).length > 0 ? [schedules] : []),
  ]);
}

/** @param rest what else the definition consists of */
export function capacityDefinition(
  capacity: number,
  revision: number | null,
  rest: readonly unknown[] = [],
): CapacityDefinition {
  const id = revision === null ? digest([capacity, ...rest]) : `revision-${revision}`;
  return { id, level: revision ?? 0, capacity };
}

/** The number of a client that adds jobs to queues of others: it counts where these state none. */
export function guestDefinition({ capacity }: CapacityDefinition): CapacityDefinition {
  return { id: `guest-${digest([capacity])}`, level: -1, capacity };
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
