import { step } from '../programs/chaos-queue.ts';
import type { Order } from './order.ts';

/** Limits how many jobs run or start, of the queue or of its contract, pauses the contract, or takes all of that back. */
export const changeLimits: Order = {
  name: 'limits',
  weight: 10,
  give: async ({ admin, operator, record, random }) => {
    const what = random.pick({ running: 4, rate: 2, 'of job': 4, 'pause job': 1, clear: 5 });
    const about = { order: `limits: ${what}`, operator };
    record({ type: 'order-sent', ...about });
    const limits = { running: random.between(2, 12), rate: { jobs: random.between(5, 40), perMs: 500 } };
    if (what === 'running') await admin.limits.set({ running: limits.running });
    else if (what === 'rate') await admin.limits.set({ rate: limits.rate });
    else if (what === 'of job') await admin.limits.set({ job: step.name, ...limits });
    else if (what === 'pause job') await admin.limits.setPaused(step.name, true);
    else await clearLimits(admin);
    record({ type: 'order-answered', ...about, answer: JSON.stringify(limits) });
  },
};

/** Nothing is limited or paused any more. */
export async function clearLimits(admin: Parameters<Order['give']>[0]['admin']): Promise<void> {
  await admin.limits.clear();
  await admin.limits.clear({ job: step.name });
  await admin.limits.setPaused(step.name, false);
}
