import { defineQueue } from '@sluice/queue/contracts';
import { greet } from './greet.ts';

/** Holds at most 100 unfinished jobs: the next put waits until there is capacity. */
export const greetings = defineQueue({ name: 'greetings', jobs: [greet], capacity: 100 });
