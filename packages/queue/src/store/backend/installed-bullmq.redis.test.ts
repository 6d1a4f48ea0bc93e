import { createRequire } from 'node:module';
import { redisTest } from '@sluice/testing/vitest';
import { expect, inject } from 'vitest';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from './create-bounded-backend.ts';
import { testedBullmq } from './tested-bullmq.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The version of BullMQ that a project of tests runs on, where it is not the newest. */
    bullmq?: string;
  }
}

/** As BullMQ's scripts are. */
const { version: required } = createRequire(import.meta.url)('bullmq/dist/cjs/version.js') as { version: string };

redisTest('the BullMQ here is the one that these tests are meant to run on', async ({ redis, queueName }) => {
  const backend = createBoundedBackend()(queueName, { connection: connectionOf(redis.url) });
  await backend.waitUntilReady();
  const imported: unknown = Reflect.get(backend, 'version');
  await backend.close();
  expect([imported, required]).toEqual(Array(2).fill(inject('bullmq') ?? required));
  const minor = required.split('.').slice(0, 2).join('.');
  expect(minor).toBe(inject('bullmq') ? testedBullmq.at(0) : testedBullmq.at(-1));
});
