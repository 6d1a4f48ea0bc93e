import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { metaFields } from '../keys/meta-fields.ts';
import type { JobSnapshotState } from '../results/job-snapshot.ts';

/** A list or sorted set of ids. */
export interface JobSource {
  readonly key: string;
  readonly state: JobSnapshotState;
  /** In a list, jobs are put at the head and taken from the tail. */
  readonly kind: 'list' | 'first-due' | 'last-ended';
}

const jobSources: readonly JobSource[] = [
  { key: 'active', state: 'active', kind: 'list' },
  { key: 'wait', state: 'waiting', kind: 'list' },
  { key: 'paused', state: 'waiting', kind: 'list' },
  { key: 'prioritized', state: 'waiting', kind: 'first-due' },
  { key: 'delayed', state: 'delayed', kind: 'first-due' },
  { key: 'waiting-children', state: 'waiting-children', kind: 'first-due' },
  { key: 'failed', state: 'dead', kind: 'last-ended' },
  { key: 'completed', state: 'completed', kind: 'last-ended' },
];

/** Those that hold jobs of these states; without any, all. */
export function sourcesOf(states: readonly JobSnapshotState[] | undefined): readonly JobSource[] {
  return jobSources.filter(({ state }) => states?.includes(state) ?? true);
}

/** How many jobs they hold now. */
export async function countJobs(client: Redis, keys: KeysMap, sources: readonly JobSource[]): Promise<number> {
  const counts = sources.map(({ key, kind }) =>
    kind === 'list' ? client.llen(keys[key] ?? '') : client.zcard(keys[key] ?? ''),
  );
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  if (!sources.some(({ key }) => key === 'wait')) return total;
  const tombstones = await client.hget(keys['meta'] ?? '', metaFields.tombstones);
  return Math.max(0, total - Number(tombstones ?? 0));
}
