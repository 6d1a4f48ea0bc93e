import { type Admin, defineQueue } from '@sluice/queue';
import { fetchUrl } from '@sluice/shared';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { ScriptedProducer, statsOf } from '../testing/scripted-producer.ts';
import { listQueuesRoute } from './list-queues.ts';
import { ServedQueues } from './served-queues.ts';

const fetches = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 10 });
const none = { running: null, rate: null };
const pool = (version: number): object => ({
  about: { kind: 'pool', state: 'running', version: '1.0.0', slots: 1, contracts: [{ name: 'fetch', version }] },
});

/** The signs of a queue whose administration answers like this. */
async function signsOf(answers: { limits?: object; pools?: object[]; redis?: object }): Promise<unknown> {
  const admin = {
    pools: { list: async () => ({ pools: answers.pools ?? [pool(1), pool(1)] }) },
    limits: { get: async () => ({ ...none, heldBack: 0, jobs: {}, ...answers.limits }) },
    redis: async () => ({ usedBytes: 89, maxBytes: 100, ...answers.redis }),
  } as unknown as Admin;
  const producer = new ScriptedProducer();
  producer.onStats = async () => statsOf({ waiters: { producers: 0, puts: 0 } });
  const app = fastify();
  app.decorateRequest('sluiceKey', null);
  listQueuesRoute(app, { queues: new ServedQueues([{ queue: fetches, producer, admin }]) });
  const response = await app.inject('/v1/queues');
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ queues: { signs: unknown }[] }>().queues[0]?.signs;
}

it.each([
  ['nothing where nothing is unusual', {}, []],
  ['nothing of memory where Redis has no limit of it', { redis: { usedBytes: 99, maxBytes: null } }, []],
  ['limited by a rate', { limits: { rate: { jobs: 5, perMs: 1_000 } } }, ['limited']],
  ['limited by how many of a job may run', { limits: { jobs: { fetch: { ...none, running: 2 } } } }, ['limited']],
  ['memory before puts are refused', { redis: { usedBytes: 90 } }, ['memory']],
  ['two versions of a contract', { pools: [pool(1), pool(2)] }, ['two-versions']],
] as const)('the list of queues says %s', async (_, answers, signs) => {
  expect(await signsOf(answers as Parameters<typeof signsOf>[0])).toEqual(signs);
});
