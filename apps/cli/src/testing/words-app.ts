import process from 'node:process';
import { defineApp, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const prefix = process.env['TEST_PREFIX'] ?? 'bull';

export const shout = defineJob({ name: 'shout', payload: z.string(), result: z.string() });
export const words = defineQueue({ name: 'words', jobs: [shout], capacity: 20, prefix });
export const letters = defineQueue({ name: 'letters', jobs: [shout], capacity: 5, prefix });

const shouter = defineHandler(shout, ({ payload }) => payload.toUpperCase());

export default defineApp({
  queues: [words, letters],
  handlers: { words: { shout: shouter }, letters: { shout: shouter } },
});
