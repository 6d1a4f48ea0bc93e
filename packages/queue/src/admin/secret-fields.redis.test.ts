import { JsonText } from '@sluice/queue/json';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectProducer } from '../put/connect-producer.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { PermanentJobError } from '../job/errors/index.ts';
import { type Admin } from './admin.ts';
import { connectAdmin } from './connect-admin.ts';

const pay = defineJob({
  name: 'pay',
  payload: z.object({ order: z.string(), card: z.object({ number: z.string(), holder: z.string() }) }),
  result: z.void(),
  retry: { attempts: 1 },
  secretFields: ['card.number'],
});
const payload = { order: 'o-1', card: { number: '4111111111111111', holder: 'A' } };
const shown = { order: 'o-1', card: { number: '[hidden]', holder: 'A' } };

interface Fixtures {
  queue: ReturnType<typeof paymentsOf>;
  /** By the definition, and by the name alone. */
  admins: readonly Admin[];
}

const paymentsOf = (prefix: string) => defineQueue({ name: 'payments', jobs: [pay], capacity: 10, prefix });

const test = redisTest.extend<Fixtures>({
  queue: async ({ prefix }, use) => use(paymentsOf(prefix)),
  admins: async ({ redis, queue }, use) => {
    await using byDefinition = await connectAdmin(queue, { redis: redis.url });
    await using byName = await connectAdmin({ name: queue.name, prefix: queue.prefix }, { redis: redis.url });
    await use([byDefinition, byName]);
  },
});

describe('a secret field', () => {
  test('is shown to nobody but the handler', async ({ redis, queue, admins }) => {
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(pay, payload, { id: 'a' });
    await producer.put(pay, payload, { id: 'later', delayMs: 3_600_000 });
    for (const admin of admins) {
      for (const id of ['a', 'later']) expect((await admin.find(id))?.payload).toEqual(shown);
      expect((await admin.texts('a'))?.payload).toBe(JSON.stringify(shown));
      const answers = [
        await admin.texts('a'),
        await admin.jobs(),
        await admin.why('a'),
        await admin.stats(),
        await admin.history(),
      ];
      expect(JSON.stringify(answers)).not.toContain(payload.card.number);
    }
    for (const admin of admins)
      expect(await admin.secrets('a')).toEqual([{ path: 'card.number', json: '"4111111111111111"' }]);
    const seen: unknown[] = [];
    const handler = defineHandler(pay, (attempt) => {
      seen.push(attempt.payload);
      throw new PermanentJobError('refused by the bank');
    });
    await using pool = createWorkerPool(queue, { pay: handler }, { redis: redis.url, concurrency: 1 });
    await pool.start();
    for (const admin of admins) {
      await expect.poll(async () => (await admin.deadLetters.list()).jobs).toHaveLength(1);
      expect(await admin.deadLetters.find('a')).toMatchObject({ payload: shown, state: 'dead' });
    }
    expect(seen).toEqual([payload]);
  });

  test('finds no job, while the other fields do', async ({ redis, queue, admins }) => {
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(pay, payload, { id: 'a' });
    for (const admin of admins) {
      const found = async (fields: Record<string, string>): Promise<number> =>
        (await admin.jobs({ payload: fields })).jobs.length;
      expect(await found({ 'card.holder': 'A' })).toBe(1);
      expect(await found({ 'card.number': payload.card.number })).toBe(0);
      expect(await found({ 'card.holder': 'A', 'card.number': payload.card.number })).toBe(0);
    }
  });

  test('is edited by its value, and not by what is shown in its place', async ({ redis, queue, admins }) => {
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(pay, payload, { id: 'a' });
    const [byDefinition, byName] = admins;
    const text = new JsonText(JSON.stringify(shown));
    await expect(byDefinition?.edit('a', { payload: shown })).rejects.toThrow(
      '[hidden] is only shown in place of card.number',
    );
    await expect(byName?.edit('a', { payload: text, unchecked: true })).rejects.toThrow('[hidden] is only shown');
    expect(await byDefinition?.edit('a', { payload: { ...payload, order: 'o-2' } })).toBe('edited');
    expect((await byName?.find('a'))?.payload).toEqual({ ...shown, order: 'o-2' });
  });

  test('of a schedule is hidden, too', async ({ queue, admins }) => {
    const [byDefinition] = admins;
    await byDefinition?.schedules.set('daily', pay, payload, { everyMs: 86_400_000 });
    for (const admin of admins) expect((await admin.schedules.list()).map((each) => each.payload)).toEqual([shown]);
    expect(queue.jobs[0]?.secretFields).toEqual(['card.number']);
  });
});

test('a contract refuses what is no path', () => {
  const wrong = { name: 'pay', payload: z.object({}), result: z.void(), secretFields: ['card number'] };
  expect(() => defineJob(wrong)).toThrow('secretFields must be a list of at most 20 paths');
});
