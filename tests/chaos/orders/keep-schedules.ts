import { scheduledTag, step } from '../programs/chaos-queue.ts';
import type { Order } from './order.ts';

/** The schedules that operators make. */
export const scheduleNames = ['tick', 'tock'] as const;

/** Makes, replaces, pauses, resumes or removes a schedule. */
export const keepSchedules: Order = {
  name: 'schedules',
  weight: 14,
  give: async ({ admin: { schedules }, operator, record, random }) => {
    const name = random.chance(0.5) ? scheduleNames[0] : scheduleNames[1];
    const what = random.pick({ set: 6, pause: 1, resume: 2, remove: 2 });
    const about = { order: `schedule: ${what}`, operator, id: name };
    record({ type: 'order-sent', ...about });
    const payload = { tag: scheduledTag(name), act: 'quick', workMs: random.between(0, 1_500) } as const;
    const everyMs = 1_000 * random.between(1, 3);
    const catchUp = random.chance(0.5) ? 'one' : { all: random.between(1, 5) };
    const answer =
      what === 'set' ? await schedules.set(name, step, payload, { everyMs }, { catchUp }) : await schedules[what](name);
    record({ type: 'order-answered', ...about, answer: String(answer) });
  },
};
