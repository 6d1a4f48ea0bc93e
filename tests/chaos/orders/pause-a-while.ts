import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './order.ts';

/** Has the workers take nothing for a while. */
export const pauseAWhile: Order = {
  name: 'pause',
  weight: 4,
  give: async ({ admin, operator, record, random, ending }) => {
    const say = (type: 'order-sent' | 'order-answered', order: string): void => {
      if (type === 'order-sent') record({ type, order, operator });
      else record({ type, order, operator, answer: 'done' });
    };
    say('order-sent', 'pause');
    await admin.pause();
    say('order-answered', 'pause');
    await sleep(random.between(50, 2_500), undefined, { signal: ending }).catch(() => undefined);
    say('order-sent', 'resume');
    await admin.resume();
    say('order-answered', 'resume');
  },
};
