import { findJob } from './find-job.ts';
import type { Order } from './order.ts';

/** Puts one dead letter back to work. It waits for capacity for a while, like any put. */
export const replayDead: Order = {
  name: 'replay',
  weight: 25,
  give: async (scene) => {
    const { admin, operator, record, random } = scene;
    const found = await findJob(scene, 'dead');
    if (!found) return;
    const about = { order: 'replay', operator, id: found.id };
    record({ type: 'order-sent', ...about });
    const { results } = await admin.deadLetters.replay(found.id, { waitMs: random.between(0, 3_000) });
    record({ type: 'order-answered', ...about, answer: Object.keys(results)[0] ?? 'none' });
  },
};

/** Puts all dead letters back to work, and is called off in the middle, as likely as not. */
export const replayAll: Order = {
  name: 'replay-all',
  weight: 6,
  give: async ({ admin, operator, record, random, ending }) => {
    const about = { order: 'replay-all', operator };
    record({ type: 'order-sent', ...about });
    const signal = AbortSignal.any([ending, AbortSignal.timeout(random.between(50, 4_000))]);
    const report = await admin.deadLetters.replay({}, { waitMs: 2_000, ratePerSecond: 50, signal });
    record({ type: 'order-answered', ...about, answer: String(report.results.replayed ?? 0) });
  },
};
