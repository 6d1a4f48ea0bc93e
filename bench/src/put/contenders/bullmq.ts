import type { OpenContender } from '../contender.ts';
import { openBullmqQueue } from './bullmq-queue.ts';

/** BullMQ as it is: `add` and `addBulk`. */
export const openBullmq: OpenContender = (socketPath) => openBullmqQueue('put', socketPath);
