import { defineHandler } from '@sluice/queue';
import { greet } from '@sluice-app/shared';

/** Runs one job. It may run twice, after a crash or a lost connection, so what it does should bear that. */
export const greetHandler = defineHandler(greet, async ({ payload }) => {
  return { text: `Hello, ${payload.name}!` };
});
