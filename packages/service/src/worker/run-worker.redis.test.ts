import { connectProducer } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { startProgram } from '../testing/program-process.ts';
import { double, numbers, shout, words } from '../testing/two-queues.ts';

const open = async (redis: { url: string }, prefix: string) => {
  const named = [
    { ...words, prefix },
    { ...numbers, prefix },
  ] as const;
  return Promise.all([
    connectProducer(named[0], { redis: redis.url }),
    connectProducer(named[1], { redis: redis.url }),
  ]);
};

const run = 'run-two-queues.ts';

describe('runWorker', () => {
  test('runs a pool for each queue, answers with the health of all, and closes what handlers opened', async ({
    redis,
    prefix,
  }) => {
    const producers = await open(redis, prefix);
    await using ofWords = producers[0];
    await using ofNumbers = producers[1];
    await using program = startProgram(`./${run}`, {
      REDIS_URL: redis.url,
      TEST_PREFIX: prefix,
      SLUICE_HEALTH_PORT: '0',
      SLUICE_CONCURRENCY: '3',
      SLUICE_DRAIN_MS: '1ms',
    });
    expect(await ofWords.result(await ofWords.put(shout, 'hey'))).toBe('HEY');
    expect(await ofNumbers.result(await ofNumbers.put(double, 4))).toBe(8);
    const answer = await fetch(`${await program.url()}/readyz`);
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { status: 'ok', slots: 6, completed: 2, queues: { words: { slots: 3 }, numbers: { slots: 3, completed: 1 } } },
    ]);
    await ofNumbers.put(double, -1);
    await expect.poll(() => program.output().match(/"doubling"/g)?.length).toBe(2);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output()).toMatch(/"draining".*"doubled".*"numbers closed"/s);
  });

  test('runs only the queues of SLUICE_QUEUES, and never loads the handlers of the others', async ({
    redis,
    prefix,
  }) => {
    const producers = await open(redis, prefix);
    await using ofWords = producers[0];
    await using ofNumbers = producers[1];
    await using program = startProgram(`./${run}`, {
      REDIS_URL: 'redis://nowhere.invalid',
      SLUICE_REDIS_URL: redis.url,
      TEST_PREFIX: prefix,
      SLUICE_HEALTH_PORT: '0',
      SLUICE_QUEUES: 'words=7',
    });
    const { id } = await ofNumbers.put(double, 4);
    expect(await ofWords.result(await ofWords.put(shout, 'hey'))).toBe('HEY');
    expect(await ofNumbers.find(id)).toMatchObject({ state: 'waiting' });
    const health: unknown = await (await fetch(`${await program.url()}/livez`)).json();
    expect(health).toMatchObject({ slots: 7, queues: { words: { slots: 7 } } });
    expect(health).not.toHaveProperty('queues.numbers');
    expect(program.output()).not.toContain('numbers loaded');
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
  });
});
