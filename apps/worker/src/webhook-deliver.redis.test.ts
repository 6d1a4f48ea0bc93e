import { setTimeout } from 'node:timers/promises';
import { connectProducer, JobFailedError } from '@sluice/queue';
import { deliverWebhook, shippedQueue } from '@sluice/shared';
import { redisTest as test } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { Webhook } from 'standardwebhooks';
import { describe, expect, vi } from 'vitest';
import { newSecret, writeSecretsFile } from './testing/webhook-kit.ts';
import { startWebhookReceiver } from './testing/webhook-receiver.ts';
import { startWorkerProcess } from './testing/worker-process.ts';

/** All that Redis keeps of a queue but ids and numbers: its hashes and streams. */
async function readAll(client: Redis, prefix: string): Promise<string> {
  const keys = await client.keys(`${prefix}:*`);
  const contents = keys.map(async (key) => {
    const type = await client.type(key);
    if (type === 'hash') return client.hgetall(key);
    return type === 'stream' ? client.xrange(key, '-', '+') : key;
  });
  return JSON.stringify(await Promise.all(contents));
}

describe('webhook.deliver in a worker', () => {
  test('waits as long as a busy receiver says, and delivers; no secret is anywhere', async ({
    redis,
    queueName,
    prefix,
  }) => {
    const [secret, older] = [newSecret(), newSecret()];
    await using file = await writeSecretsFile({ acme: [secret, older] });
    const times: number[] = [];
    await using site = await startWebhookReceiver((response, count) => {
      times.push(performance.now());
      if (count === 1) response.writeHead(503, { 'retry-after': '1' }).end();
      else if (count === 2) response.writeHead(204).end();
      else response.writeHead(500).end(`not signed with ${secret} or ${older}`);
    });
    const definition = shippedQueue({ queue: queueName, prefix, capacity: 50, keepCount: 10_000, keepMs: 3_600_000 });
    await using producer = await connectProducer(definition, { redis: redis.url });
    await using worker = startWorkerProcess({
      REDIS_URL: redis.url,
      SLUICE_QUEUE: queueName,
      SLUICE_PREFIX: prefix,
      SLUICE_CAPACITY: '50',
      SLUICE_WEBHOOK_SECRETS_FILE: file.path,
      SLUICE_LOG_LEVEL: 'trace',
    });
    await worker.ready();
    const payload = { url: `${site.origin}/hooks`, type: 'order.paid', data: { order: 17 }, secret: 'acme' };
    const paid = await producer.put(deliverWebhook, payload, { id: 'order-17' });
    const result = await producer.result(paid);
    expect(result).toMatchObject({ messageId: 'order-17', status: 204, attempts: 1 });
    const [first = 0, second = 0] = times;
    // Two clocks: that of Redis, which counts whole milliseconds, and ours.
    expect(second - first).toBeGreaterThan(990);
    for (const { body, headers } of site.received)
      expect(new Webhook(older).verify(body, headers)).toEqual({ type: 'order.paid', data: { order: 17 } });

    const failed = await producer.put(deliverWebhook, payload, { attempts: 1 });
    const failure = await producer.result(failed).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(JobFailedError);
    expect(String(failure)).toContain('Status 500 Internal Server Error: not signed with [secret] or [secret]');
    await vi.waitFor(() => expect(worker.output()).toContain('Status 500'));
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);

    const kept = await readAll(await redis.client(), prefix);
    expect(kept).toContain('order.paid');
    const all = [kept, worker.output(), JSON.stringify([result, failure, await producer.find(failed.id)])].join('\n');
    for (const each of [secret, older]) expect(all).not.toContain(each.slice('whsec_'.length));
  });

  test('sends a host no more at a time than it may get, and spends no attempt on the others', async ({
    redis,
    queueName,
    prefix,
  }) => {
    await using file = await writeSecretsFile({ acme: newSecret() });
    let open = 0;
    let most = 0;
    const two = Promise.withResolvers<void>();
    await using site = await startWebhookReceiver(async (response, count) => {
      open += 1;
      most = Math.max(most, open);
      if (count === 2) two.resolve();
      await two.promise;
      await setTimeout(50); // a third one, if there is one, may come meanwhile
      open -= 1;
      response.writeHead(204).end();
    });
    const definition = shippedQueue({ queue: queueName, prefix, capacity: 50, keepCount: 10_000, keepMs: 3_600_000 });
    await using producer = await connectProducer(definition, { redis: redis.url });
    const payload = { url: site.origin, type: 'order.paid', data: null, secret: 'acme' };
    const puts = Array.from({ length: 8 }, () => producer.put(deliverWebhook, payload));
    const receipts = await Promise.all(puts);
    await using worker = startWorkerProcess({
      REDIS_URL: redis.url,
      SLUICE_QUEUE: queueName,
      SLUICE_PREFIX: prefix,
      SLUICE_CAPACITY: '50',
      SLUICE_CONCURRENCY: '8',
      SLUICE_WEBHOOK_SECRETS_FILE: file.path,
      SLUICE_WEBHOOKS_PER_HOST: '2',
    });
    await worker.ready();
    const results = await Promise.all(receipts.map((receipt) => producer.result(receipt)));
    expect(results.map(({ attempts }) => attempts)).toEqual(Array.from({ length: 8 }, () => 1));
    expect(most).toBe(2);
    expect(site.received).toHaveLength(8);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  test('does not start with a file of secrets that cannot be used, and says why without showing it', async ({
    redis,
  }) => {
    const secret = newSecret();
    await using file = await writeSecretsFile({ acme: `${secret}!` });
    await using worker = startWorkerProcess({ REDIS_URL: redis.url, SLUICE_WEBHOOK_SECRETS_FILE: file.path });
    expect(await worker.ended).toBe(2);
    expect(worker.output()).toContain('SLUICE_WEBHOOK_SECRETS_FILE: acme must be');
    expect(worker.output()).not.toContain(secret.slice('whsec_'.length));
  });
});
