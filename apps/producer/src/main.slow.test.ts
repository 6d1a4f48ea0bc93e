import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startProducer } from './testing/producer-process.ts';

test('exits 3 when no Redis answers at the start, and shows no password', async () => {
  const { exited, lines } = startProducer({ REDIS_URL: 'redis://:hush@127.0.0.1:1', PORT: '0' });
  expect(await exited).toEqual([3, null]);
  expect(lines.join('\n')).toContain('127.0.0.1:1');
  expect(lines.join('\n')).not.toContain('hush');
});

test.each([
  ['refuses connections', () => 'redis://127.0.0.1:1'],
  ['hangs', hangingRedis],
])('ends at once when it is told to while it waits for a Redis that %s', async (_, redisUrl) => {
  const { child, exited, lines } = startProducer({ REDIS_URL: await redisUrl(), PORT: '0', SLUICE_LOG_LEVEL: 'trace' });
  await expect.poll(() => lines.join('')).toContain('connecting');
  const since = performance.now();
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - since).toBeLessThan(3_000);
});

/** Where connections are accepted, and nothing is answered. */
async function hangingRedis(): Promise<string> {
  const server = createServer(() => {});
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
