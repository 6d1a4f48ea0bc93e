import { defineApp } from '@sluice/queue';
import { greetings } from '@sluice-app/shared';
import { greetHandler } from './handlers/greet.ts';

/** What the workers run: queues, and the handler of each job. */
export default defineApp({
  queues: [greetings],
  handlers: {
    greetings: { greet: greetHandler },
  },
});
