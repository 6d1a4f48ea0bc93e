import { capacity } from '../programs/chaos-queue.ts';
import type { Order } from './order.ts';

/** Sets the capacity below or above what the definition says, or clears it. */
export const changeCapacity: Order = {
  name: 'capacity',
  weight: 6,
  give: async ({ admin, operator, record, random }) => {
    const wanted = random.chance(0.4) ? null : random.between(capacity / 4, capacity);
    const about = { order: 'capacity', operator };
    record({ type: 'order-sent', ...about });
    await admin.setCapacity(wanted);
    record({ type: 'order-answered', ...about, answer: String(wanted ?? 'cleared') });
  },
};
