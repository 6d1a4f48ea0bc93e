import { describe, expect } from 'vitest';
import { greet, queueTest as test } from '../testing/queue-test.ts';

describe('sluice waiters', () => {
  test('lists who waits for capacity, or says that nobody does', async ({ cli, producer, queueName }) => {
    await producer.put(greet, { n: 2 });
    expect(await cli(['waiters', queueName])).toMatchObject({
      code: 0,
      stdout: `nobody waits for capacity of ${queueName}\n`,
    });
    await producer.setCapacity(1);
    const over = new AbortController();
    const waiting = producer.put(greet, { n: 2 }, { waitMs: Infinity, signal: over.signal }).catch(() => undefined);
    await expect.poll(() => producer.stats()).toMatchObject({ waiters: { producers: 1 } });
    const listed = await cli(['waiters', queueName]);
    expect(listed.stdout).toMatch(new RegExp(`^WAITED +JOBS +PRODUCER\n.* 1 +\\S+/${process.pid}\n$`));
    const json = await cli(['waiters', queueName, '--json', '--limit', '5']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      queue: queueName,
      waiters: [{ pid: process.pid, jobs: 1, since: expect.any(Number) }],
      total: 1,
    });
    expect(await cli(['waiters', `${queueName}x`])).toMatchObject({ code: 5 });
    over.abort();
    await waiting;
  });
});
