import { defineApp, defineHandler } from '@sluice/queue';
import { numbers, shout, words } from './two-queues.ts';

export default defineApp({
  queues: [words, numbers],
  handlers: {
    words: { shout: defineHandler(shout, ({ payload }) => payload.toUpperCase()) },
    numbers: () => import('./number-handlers.ts'),
  },
});
