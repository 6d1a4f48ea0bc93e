import { createBoundedBackend } from '@sluice/queue';
import { AMPLE_CAPACITY, type OpenContender } from '../contender.ts';
import { openBullmqQueue } from './bullmq.ts';

/** BullMQ's `Queue` on Sluice's backend with a capacity: every add is counted. */
export const openBoundedBackend: OpenContender = (socketPath) =>
  openBullmqQueue('bounded', socketPath, createBoundedBackend({ capacity: AMPLE_CAPACITY }));

/** The same without a capacity: what it costs to have the backend and not to use it. */
export const openUnboundedBackend: OpenContender = (socketPath) =>
  openBullmqQueue('unbounded', socketPath, createBoundedBackend());
