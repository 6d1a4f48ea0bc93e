import { findJob } from './find-job.ts';
import type { Order } from './order.ts';

/** Removes a dead letter. */
export const purgeDead: Order = {
  name: 'purge',
  weight: 6,
  give: async (scene) => {
    const { admin, operator, record } = scene;
    const found = await findJob(scene, 'dead');
    if (!found) return;
    const about = { order: 'purge', operator, id: found.id };
    record({ type: 'order-sent', ...about });
    const { results } = await admin.deadLetters.purge(found.id);
    record({ type: 'order-answered', ...about, answer: Object.keys(results)[0] ?? 'none' });
  },
};
