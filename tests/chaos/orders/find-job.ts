import type { JobSnapshotState, ListedJob } from '@sluice/queue';
import type { OrderScene } from './order.ts';

/** One of the next jobs in a state whose id is its tag, as the seed decides; null when there is none. */
export async function findJob(
  { admin, random }: OrderScene,
  state: JobSnapshotState | readonly JobSnapshotState[],
): Promise<ListedJob | null> {
  const jobs = (await admin.jobs({ state, limit: 40 })).jobs.filter(({ id }) => id.includes('-'));
  return jobs[random.between(0, Math.max(0, jobs.length - 1))] ?? null;
}
