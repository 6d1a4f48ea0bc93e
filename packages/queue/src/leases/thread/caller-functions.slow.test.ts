import { Cluster, type ClusterOptions } from 'ioredis';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { startTlsCluster, type TlsCluster } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectProducer, createWorkerPool, defineHandler, type RedisInput } from '../../index.ts';

const work = defineJob({ name: 'work', payload: z.int(), result: z.int() });
let queues = 0;

let server: TlsCluster;
beforeAll(async () => void (server = await startTlsCluster()));
afterAll(() => server[Symbol.asyncDispose]());

/** A job through a producer and a pool, of which the lease thread has a connection of its own. */
async function runOneJob(redis: RedisInput): Promise<unknown> {
  const queue = defineQueue({ name: `q-${(queues += 1)}`, jobs: [work], capacity: 3 });
  await using producer = await connectProducer(queue, { redis });
  await using pool = createWorkerPool(
    queue,
    { work: defineHandler(work, async ({ payload }) => payload + 1) },
    {
      redis,
      concurrency: 1,
    },
  );
  await pool.start();
  const result = await producer.result(await producer.put(work, 1));
  expect(pool.health()).toMatchObject({ leaseThread: 'up', redis: 'up' });
  return result;
}

const asNamed: ClusterOptions['dnsLookup'] = (address, callback) => callback(null, address);

describe('a pool on a TLS cluster whose certificate names hosts only', () => {
  const tls = () => ({ ca: server.ca });
  const named = () => [{ host: 'localhost', port: server.port }];
  const unnamed = () => [{ host: '127.0.0.1', port: server.port }];
  const ofLocalhost = (_: string, certificate: PeerCertificate): Error | undefined =>
    Buffer.isBuffer(certificate.raw) ? checkServerIdentity('localhost', certificate) : new Error('no bytes');

  it.each<[string, () => RedisInput]>([
    [
      'an address',
      () => ({ cluster: [`rediss://localhost:${server.port}`], options: { redisOptions: { tls: tls() } } }),
    ],
    ['`dnsLookup`', () => ({ cluster: named(), options: { dnsLookup: asNamed, redisOptions: { tls: tls() } } })],
    [
      '`dnsLookup` that knows a name of its own',
      () => ({
        cluster: [{ host: 'redis.internal', port: server.port }],
        options: { dnsLookup: (_, callback) => callback(null, 'localhost'), redisOptions: { tls: tls() } },
      }),
    ],
    [
      '`checkServerIdentity`',
      () => ({
        cluster: unnamed(),
        options: { redisOptions: { tls: { ...tls(), checkServerIdentity: ofLocalhost } } },
      }),
    ],
    [
      '`natMap`, a function',
      () => ({
        cluster: [{ host: 'localhost', port: server.port }],
        options: {
          natMap: (node) => ({ host: node.startsWith('localhost:') ? '127.0.0.1' : 'unknown', port: server.port }),
          redisOptions: { tls: { ...tls(), servername: 'localhost' } },
        },
      }),
    ],
    [
      'a client of the caller’s',
      () => {
        const own = new Cluster(named(), { lazyConnect: true, dnsLookup: asNamed, redisOptions: { tls: tls() } });
        onTestFinished(() => own.disconnect());
        return own;
      },
    ],
    [
      'options of one server',
      () => ({ host: '127.0.0.1', port: server.port, tls: { ...tls(), checkServerIdentity: ofLocalhost } }),
    ],
  ])('runs jobs, its lease thread too: given by %s', async (_, redis) => {
    expect(await runOneJob(redis())).toBe(2);
  });

  it('asks the caller’s function for every connection, that of the lease thread too', async () => {
    const check = vi.fn<typeof ofLocalhost>(ofLocalhost);
    await runOneJob({ host: '127.0.0.1', port: server.port, tls: { ...tls(), checkServerIdentity: check } });
    // The producer's two, the pool's two, and the thread's.
    expect(check.mock.calls.length).toBeGreaterThanOrEqual(5);
    expect(new Set(check.mock.calls.map(([host]) => host))).toEqual(new Set(['127.0.0.1']));
  });
});
