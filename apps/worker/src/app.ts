import process from 'node:process';
import { defineApp, type HandlerContext } from '@sluice/queue/contracts';
import { parseConfig } from '@sluice/service';
import { shippedQueue } from '@sluice/shared';
import { shippedConfig } from './config.ts';

const config = parseConfig(shippedConfig, process.env);
const queue = shippedQueue(config);

/** The shipped app: one queue, as the environment says. Its handlers are loaded by workers only. */
export default defineApp({
  queues: [queue],
  handlers: {
    [queue.name]: async (context: HandlerContext) => (await import('./registry.ts')).openHandlers(config, context),
  },
});
