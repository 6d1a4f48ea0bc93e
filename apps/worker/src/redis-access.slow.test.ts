import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Certificate, selfSignedCertificate } from './testing/self-signed-certificate.ts';
import { startWorkerProcess } from './testing/worker-process.ts';

/** TLS before a Redis that speaks none, with a certificate that nobody knows. */
async function tlsBefore(redisUrl: string, { key, cert }: Certificate): Promise<string> {
  const { pathname, hostname, port } = new URL(redisUrl);
  const server = createTlsServer({ key, cert }, (client) => {
    const redis = connect(redisUrl.startsWith('unix:') ? { path: pathname } : { host: hostname, port: Number(port) });
    client.pipe(redis).pipe(client);
    for (const [each, other] of [
      [client, redis],
      [redis, client],
    ] as const)
      each.on('error', () => {}).on('close', () => other.destroy());
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `rediss://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a Redis whose certificate signed itself', () => {
  redisTest('is refused, unless its certificate is named', async ({ redis, queueName, prefix }) => {
    const certificate = selfSignedCertificate();
    const url = await tlsBefore(redis.url, certificate);
    const folder = await mkdtemp(join(tmpdir(), 'sluice-ca-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, certificate.cert);
    const env = { REDIS_URL: url, SLUICE_QUEUE: queueName, SLUICE_PREFIX: prefix };
    await using refused = startWorkerProcess(env);
    expect(await refused.ended).toBe(3);
    expect(refused.output()).toContain('its certificate is not trusted');
    await using worker = startWorkerProcess({ ...env, SLUICE_REDIS_CA_FILE: caFile });
    await worker.ready();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });
});

isolatedRedisTest('a worker with a wrong password says so, and does not show it', async ({ redis }) => {
  await (await redis.client()).config('SET', 'requirepass', 'right');
  const url = redis.url.replace('://', '://:hunter2@');
  await using worker = startWorkerProcess({ REDIS_URL: url });
  expect(await worker.ended).toBe(3);
  expect(worker.output()).toMatch(/worker: Redis at \S+ cannot be connected to: WRONGPASS/);
  expect(worker.output()).not.toContain('hunter2');
});

test('a worker that is told to stop while it waits for Redis ends at once', async () => {
  const hanging = createServer(() => {});
  onTestFinished(() => void hanging.close());
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const url = `redis://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  await using worker = startWorkerProcess({ REDIS_URL: url }, { hasParent: false });
  await expect.poll(() => worker.output()).toContain('"msg":"connecting"');
  const since = performance.now();
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect(performance.now() - since).toBeLessThan(3_000);
});
