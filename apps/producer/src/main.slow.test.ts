import { expect, test } from 'vitest';
import { startProducer } from './testing/producer-process.ts';

test('exits 3 when no Redis answers at the start, and shows no password', async () => {
  const { exited, lines } = startProducer({ REDIS_URL: 'redis://:hush@127.0.0.1:1', PORT: '0' });
  expect(await exited).toEqual([3, null]);
  expect(lines.join('\n')).toContain('127.0.0.1:1');
  expect(lines.join('\n')).not.toContain('hush');
});

test('can be called off while it still waits for Redis', async () => {
  const { child, exited, lines } = startProducer({
    REDIS_URL: 'redis://127.0.0.1:1',
    PORT: '0',
    SLUICE_LOG_LEVEL: 'trace',
  });
  await expect.poll(() => lines.length, { timeout: 5_000 }).toBeGreaterThan(0);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
