import { connectProducer } from '@sluice/queue';
import { pageDigest, shippedQueue } from '@sluice/shared';
import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { startSluice } from '../testing/sluice-process.ts';
import { letters, shout, words } from '../testing/words-app.ts';

describe('sluice worker', () => {
  test('serves the queues of --queues, flags before the environment, and drains on Ctrl-C', async ({
    redis,
    prefix,
  }) => {
    await using ofWords = await connectProducer({ ...words, prefix }, { redis: redis.url });
    await using ofLetters = await connectProducer({ ...letters, prefix }, { redis: redis.url });
    const args = [
      'worker',
      '--app',
      './words-app.ts',
      '--queues',
      'words=2',
      '--redis',
      redis.url,
      '--health-port',
      '0',
    ];
    await using worker = startSluice(args, {
      TEST_PREFIX: prefix,
      SLUICE_APP: './none.js',
      SLUICE_QUEUES: 'letters',
      SLUICE_REDIS_URL: 'redis://127.0.0.1:1',
    });
    const { id } = await ofLetters.put(shout, 'a');
    expect(await ofWords.result(await ofWords.put(shout, 'hey'))).toBe('HEY');
    expect(await ofLetters.find(id)).toMatchObject({ state: 'waiting' });
    const [, base = ''] = /health on (http:\/\/[\d.:]+)/.exec(worker.output()) ?? [];
    expect(await (await fetch(`${base}/readyz`)).json()).toMatchObject({
      slots: 2,
      queues: { words: { ready: true } },
    });
    worker.child.kill('SIGINT');
    expect(await worker.ended).toBe(0);
    expect(worker.output()).toContain('draining');
  });

  test('runs the shipped app when no other is named', async ({ redis, queueName, prefix }) => {
    const queue = shippedQueue({ queue: queueName, prefix, capacity: 1_000 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using worker = startSluice(['worker'], {
      REDIS_URL: redis.url,
      SLUICE_QUEUE: queueName,
      SLUICE_PREFIX: prefix,
    });
    const page = await producer.put(pageDigest, { html: '<title>A page</title>' });
    expect(await producer.result(page)).toMatchObject({ title: 'A page' });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  test.for([
    [['--app', './none.ts'], /--app "\.\/none\.ts": there is no file/],
    [['--app', './words-app.ts', '--queues', 'leters'], /queues: the app has no queue leters; did you mean letters\?/],
    [['--queues', 'a,a'], /--queues <names>.*must name each queue once; a is there again in entry 2/],
    [['--redis', 'http://h'], /--redis <url>.*must be a URL that starts with redis:/],
  ] as const)('ends with 2 for %j', async ([args, message]) => {
    await using worker = startSluice(['worker', ...args], { REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await worker.ended).toBe(2);
    expect(worker.output()).toMatch(message);
  });
});
