import { connectProducer } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { startProgram } from '../testing/program-process.ts';
import { double, numbers } from '../testing/two-queues.ts';

const put = (base: string, queue: string, payload: unknown): Promise<Response> =>
  fetch(`${base}/v1/queues/${queue}/jobs`, {
    method: 'POST',
    body: JSON.stringify({ payload }),
    headers: { 'content-type': 'application/json' },
  });

describe('runService', () => {
  test('serves all queues of the app, and never loads handlers', async ({ redis, prefix }) => {
    await using ofNumbers = await connectProducer({ ...numbers, prefix }, { redis: redis.url });
    await using program = startProgram('./serve-two-queues.ts', {
      REDIS_URL: redis.url,
      TEST_PREFIX: prefix,
      PORT: '0',
    });
    const base = await program.url();
    expect((await put(base, 'words', 'hey')).status).toBe(202);
    const answer = await put(base, 'numbers', 4);
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    expect(await ofNumbers.find(id)).toMatchObject({ job: double.name, state: 'waiting' });
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
    expect(program.output()).not.toContain('numbers loaded');
  });

  test('serves only the queues that SLUICE_QUEUES names', async ({ redis, prefix }) => {
    const env = { REDIS_URL: redis.url, TEST_PREFIX: prefix, PORT: '0', SLUICE_QUEUES: 'words' };
    await using program = startProgram('./serve-two-queues.ts', env);
    const base = await program.url();
    expect([(await put(base, 'words', 'hey')).status, (await put(base, 'numbers', 4)).status]).toEqual([202, 404]);
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
  });

  test('ends with 2 and the problems of settings and app together', async () => {
    await using program = startProgram('./serve-two-queues.ts', { PORT: '70000', SLUICE_QUEUES: 'wrds' });
    expect(await program.ended).toBe(2);
    expect(program.output()).toMatch(/^producer: [^]*REDIS_URL is not set[^]*PORT must be/m);
  });
});
