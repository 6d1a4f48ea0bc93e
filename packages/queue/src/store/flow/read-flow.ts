import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { findSnapshot } from '../jobs/job-details.ts';
import { queueNameOf } from '../admission/admission-keys.ts';
import { partsOfJobKey } from '../keys/queue-keys.ts';

/** A job that another one stands above or below. JSON-safe. */
export interface FlowJob {
  /** Its queue. */
  readonly queue: string;
  /** In its caller's form. */
  readonly id: string;
}

/** Where a job stands in its flow. JSON-safe. */
export interface JobFlow {
  /** Null without one. */
  readonly parent: FlowJob | null;
  /** At most 100 or so of each outcome. Those whose parent does not wait for them any more are not there. */
  readonly children: readonly (FlowJob & { readonly outcome: 'unfinished' | 'completed' | 'dead' })[];
  /** How many there are. */
  readonly childrenTotal: number;
}

/** How many of each outcome are looked at. */
const LOOKED = 100;

/** Null when the job is not kept. */
export async function readFlow(
  client: Redis,
  of: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<JobFlow | null> {
  const { stored, snapshot } = await findSnapshot(client, of, id);
  if (!snapshot) return null;
  const key = `${of.keys['']}${stored}`;
  const [parentKey, unfinished, processed, failed, unsuccessful, ...totals] = await Promise.all([
    client.hget(key, 'parentKey'),
    client.sscan(`${key}:dependencies`, 0, 'COUNT', LOOKED),
    client.hscan(`${key}:processed`, 0, 'COUNT', LOOKED),
    client.hscan(`${key}:failed`, 0, 'COUNT', LOOKED),
    client.zrange(`${key}:unsuccessful`, 0, String(LOOKED - 1)),
    client.scard(`${key}:dependencies`),
    client.hlen(`${key}:processed`),
    client.hlen(`${key}:failed`),
    client.zcard(`${key}:unsuccessful`),
  ]);
  const base = of.keys[''] ?? '';
  const prefix = base.slice(0, -`:${queueNameOf(of.keys)}:`.length);
  const namesOf = ([, fields]: [string, string[]]): string[] => fields.filter((_, at) => at % 2 === 0);
  const children = [
    ...unfinished[1].map((child) => ({ child, outcome: 'unfinished' as const })),
    ...[...namesOf(failed), ...unsuccessful].map((child) => ({ child, outcome: 'dead' as const })),
    ...namesOf(processed).map((child) => ({ child, outcome: 'completed' as const })),
  ];
  return {
    parent: parentKey ? partsOfJobKey(parentKey, prefix) : null,
    children: children.map(({ child, outcome }) => ({ ...partsOfJobKey(child, prefix), outcome })),
    childrenTotal: totals.reduce((sum, total) => sum + total, 0),
  };
}
