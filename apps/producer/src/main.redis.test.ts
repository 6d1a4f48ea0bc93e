import { constants } from 'node:os';
import { isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { expect, test } from 'vitest';
import { listening, startProducer } from './testing/producer-process.ts';
import { stalledRequest } from './testing/stalled-request.ts';

function putFetch(base: string, queue: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/v1/queues/${queue}/jobs`, {
    method: 'POST',
    body: JSON.stringify({ job: 'http.fetch', payload: { url: 'http://example.test/' } }),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** What a service on a free port is started with; it does not go on answering after SIGTERM. */
const served = ({ url }: { url: string }, queueName: string, more: Record<string, string> = {}) => ({
  REDIS_URL: url,
  SLUICE_QUEUE: queueName,
  PORT: '0',
  SLUICE_SHUTDOWN_DELAY_MS: '0',
  ...more,
});

redisTest('serves until SIGTERM, then ends with 0', async ({ redis, queueName }) => {
  const { child, exited, lines } = startProducer(served(redis, queueName));
  const base = await listening(lines);
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

redisTest('still answers after SIGTERM, and reports that it is not ready', async ({ redis, queueName }) => {
  const { child, exited, lines } = startProducer(served(redis, queueName, { SLUICE_SHUTDOWN_DELAY_MS: '2s' }));
  const base = await listening(lines);
  const put = (): Promise<Response> => putFetch(base, queueName);
  expect((await put()).status).toBe(202);
  child.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${base}/readyz`)).status).toBe(503);
  const answers = await Promise.all(Array.from({ length: 20 }, put));
  expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual(
    answers.map(() => [202, 'close']),
  );
  expect(await exited).toEqual([0, null]);
});

redisTest('waits for no request after SIGINT', async ({ redis, queueName }) => {
  const { child, exited, lines } = startProducer(served(redis, queueName, { SLUICE_SHUTDOWN_DELAY_MS: '10m' }));
  await listening(lines);
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});

redisTest('ends a waiting put with 503 at SIGTERM instead of sitting it out', async ({ redis, queueName }) => {
  const { child, exited, lines } = startProducer(served(redis, queueName, { SLUICE_CAPACITY: '1' }));
  const base = await listening(lines);
  const put = (): Promise<Response> => putFetch(base, queueName, { prefer: 'wait=30' });
  expect((await put()).status).toBe(202);
  const waiting = put();
  const stats = async (): Promise<unknown> => (await fetch(`${base}/v1/queues/${queueName}`)).json();
  await expect.poll(stats).toMatchObject({ waitingPuts: 1 });
  child.kill('SIGTERM');
  expect(await (await waiting).json()).toMatchObject({ status: 503, code: 'SLUICE_SERVICE_STOPPING' });
  expect(await exited).toEqual([0, null]);
});

redisTest('ends at once at the second SIGTERM', async ({ redis, queueName }) => {
  const { child, exited, lines } = startProducer(served(redis, queueName));
  const socket = await stalledRequest(await listening(lines));
  socket.on('error', () => {});
  child.kill('SIGTERM');
  await expect.poll(() => lines.join('\n')).toContain('stopping');
  child.kill('SIGTERM');
  expect(await exited).toEqual([128 + constants.signals.SIGTERM, null]);
  socket.destroy();
});

test('names every wrong setting at once and exits 2', async () => {
  const { exited, lines } = startProducer({ PORT: '70000', SLUICE_CAPACTIY: '5' });
  expect(await exited).toEqual([2, null]);
  expect(lines.join('\n')).toMatch(/REDIS_URL is not set/);
  expect(lines.join('\n')).toMatch(/PORT must be/);
  expect(lines.join('\n')).toMatch(/SLUICE_CAPACTIY is unknown; did you mean SLUICE_CAPACITY/);
});

test.each(['redis://:%zz@h', 'redis://%zz', 'redis://h/?keyPrefix=s3cret', 'redis://h/abc', 'unix:///%zz'])(
  'exits 2 and names the variable, without a stack, for the address %s',
  async (address) => {
    const { exited, lines } = startProducer({ REDIS_URL: address, PORT: '0' });
    expect(await exited).toEqual([2, null]);
    expect(lines.join('\n')).toMatch(/REDIS_URL (cannot|may|must)/);
    expect(lines.join('\n')).not.toMatch(/s3cret|^\s+at /m);
  },
);

isolatedRedisTest('ends with 3 at a Redis that may evict jobs, when told to refuse it', async ({ redis }) => {
  await (await redis.client()).config('SET', 'maxmemory-policy', 'allkeys-lru');
  const { exited, lines } = startProducer({
    REDIS_URL: redis.url,
    SLUICE_UNSAFE_EVICTION: 'refuse',
    PORT: '0',
    SLUICE_SHUTDOWN_DELAY_MS: '0',
  });
  expect(await exited).toEqual([3, null]);
  expect(lines.join('\n')).toMatch(/allkeys-lru/);
});
