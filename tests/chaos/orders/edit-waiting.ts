import type { JobEdit, PayloadInput } from '@sluice/queue';
import type { step } from '../programs/chaos-queue.ts';
import { findJob } from './find-job.ts';
import type { Order, OrderScene } from './order.ts';

/** Changes the payload, the priority, the delay, or all of these, of a job that waits, runs or is dead: only one that waits may change. */
export const editWaiting: Order = {
  name: 'edit',
  weight: 30,
  give: async (scene) => {
    const { admin, operator, record, random } = scene;
    const found = await findJob(scene, random.chance(0.8) ? ['waiting', 'delayed'] : ['active', 'dead']);
    if (!found) return;
    const what = random.pick({ payload: 6, priority: 2, delay: 2, all: 3 });
    const isPayload = what === 'payload' || what === 'all';
    const edit = `${operator}/${random.between(0, 1_000_000_000)}`;
    const about = { order: isPayload ? `edit: ${edit}` : `edit of ${what}`, operator, id: found.id };
    record({ type: 'order-sent', ...about });
    const answer = await admin.edit(found.id, {
      ...(isPayload && { payload: newPayload(found.id, edit, scene) }),
      ...timesOf(what, scene),
    });
    record({ type: 'order-answered', ...about, answer });
  },
};

function newPayload(tag: string, edit: string, { random }: OrderScene): PayloadInput<typeof step> {
  const act = random.pick({ quick: 8, slow: 4, failOnce: 2, failForGood: 1 });
  return { tag, act, workMs: random.between(0, 1_000), edit };
}

function timesOf(what: string, { random }: OrderScene): Pick<JobEdit, 'priority' | 'delayMs'> {
  return {
    ...(what !== 'delay' && what !== 'payload' && { priority: random.chance(0.3) ? null : random.between(1, 5) }),
    ...(what !== 'priority' && what !== 'payload' && { delayMs: random.chance(0.4) ? 0 : random.between(20, 2_500) }),
  };
}
