import type { ListedJob } from '@sluice/queue';

/** Dead letters that died of the same. */
export interface DeadGroup {
  readonly job: string;
  readonly code: string;
  readonly count: number;
  /** The first and the last death, in milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The last of them. */
  readonly sample: ListedJob;
}

/** By contract and code, the largest group first. @param jobs the last death first */
export function groupDead(jobs: readonly ListedJob[]): DeadGroup[] {
  const groups = new Map<string, DeadGroup>();
  for (const job of jobs) {
    const code = job.failure?.code ?? 'unknown';
    const at = job.endedAt ?? job.createdAt;
    const before = groups.get(`${job.job}\n${code}`);
    groups.set(`${job.job}\n${code}`, {
      job: job.job,
      code,
      count: (before?.count ?? 0) + 1,
      firstAt: Math.min(at, before?.firstAt ?? at),
      lastAt: Math.max(at, before?.lastAt ?? at),
      sample: before?.sample ?? job,
    });
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}
