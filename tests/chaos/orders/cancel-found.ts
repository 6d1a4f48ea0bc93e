import { findJob } from './find-job.ts';
import type { Order } from './order.ts';

/** Cancels a job that waits or runs, from any producer. */
export const cancelFound: Order = {
  name: 'cancel',
  weight: 30,
  give: async (scene) => {
    const { admin, operator, record, random } = scene;
    const found = await findJob(scene, ['active', 'waiting', 'delayed']);
    if (!found) return;
    const about = { id: found.id, producer: operator };
    record({ type: 'cancel-sent', ...about });
    const answer = await admin.cancel(found.id, { waitMs: random.between(0, 6_000) });
    record({ type: 'cancel-answered', ...about, answer });
  },
};
