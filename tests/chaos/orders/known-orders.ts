import { cancelFound } from './cancel-found.ts';
import { changeCapacity } from './change-capacity.ts';
import { changeLimits } from './change-limits.ts';
import { editWaiting } from './edit-waiting.ts';
import { keepSchedules } from './keep-schedules.ts';
import type { Order } from './order.ts';
import { pauseAWhile } from './pause-a-while.ts';
import { purgeDead } from './purge-dead.ts';
import { replayAll, replayDead } from './replay-dead.ts';

/** All that operators do. A new order changes which ones a seed draws, and none of the faults. */
export const knownOrders: readonly Order[] = [
  cancelFound,
  replayDead,
  replayAll,
  purgeDead,
  pauseAWhile,
  changeCapacity,
  changeLimits,
  keepSchedules,
  editWaiting,
];
