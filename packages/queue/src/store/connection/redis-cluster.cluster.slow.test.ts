import { flakyProxy, type LocalCluster, startLocalCluster } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { RedisUnavailableError } from '../../job/errors/index.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import type { RedisInput } from './redis-input.ts';
import { RedisConnection } from './redis-connection.ts';

const count = defineJob({ name: 'count', payload: z.int(), result: z.null() });
let queues = 0;
const aQueue = () => defineQueue({ name: `q-${(queues += 1)}`, jobs: [count], capacity: 3 });

let cluster: LocalCluster;
beforeAll(async () => void (cluster = await startLocalCluster()));
afterAll(() => cluster.stop());

describe('a producer on a cluster', () => {
  it.each<[string, () => RedisInput | Promise<RedisInput>]>([
    ['URLs', () => cluster.url],
    ['one of its nodes', () => ({ cluster: [cluster.nodes[0]?.url ?? ''] })],
    ['a client of the caller’s', () => cluster.client()],
  ])('is connected by %s', async (_, input) => {
    await using producer = await connectProducer(aQueue(), { redis: await input() });
    expect(await producer.put(count, 1)).toMatchObject({ status: 'created', depth: 1 });
  });

  it('leaves the caller’s client open and as it was', async () => {
    const own = await cluster.client();
    await (await connectProducer(aQueue(), { redis: own })).close();
    expect(await own.set('mine', '1')).toBe('OK');
    expect(own.options.retryDelayOnFailover).toBe(100);
  });

  it('that is away fails in time and names the nodes, never the password', async () => {
    const since = performance.now();
    const redis = 'redis://ann:secret@127.0.0.1:1,redis://127.0.0.1:2';
    const error = await connectProducer(aQueue(), { redis, unavailableMs: 500 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RedisUnavailableError);
    expect(performance.now() - since).toBeLessThan(1_500);
    expect(`${String(error)} ${JSON.stringify(error)}`).toMatch(/127\.0\.0\.1:1,127\.0\.0\.1:2/);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('secret');
  });
});

describe('a command whose answer is lost on a cluster (B5)', () => {
  it('is sent twice by ioredis, left to itself', async () => {
    await using proxy = await flakyProxy(cluster.url);
    const { Cluster } = await import('ioredis');
    const client = new Cluster(proxy.url.split(','), { lazyConnect: true });
    await client.connect();
    await client.get('counter-a');
    void proxy.dropNextReply('incr');
    expect(await client.incr('counter-a')).toBe(2);
    client.disconnect();
  });

  it('is sent once by a client of ours, and by the link only if asked to', async () => {
    await using proxy = await flakyProxy(cluster.url);
    await using link = new RedisConnection(proxy.url);
    await link.connect();
    void proxy.dropNextReply('incr');
    await expect(link.client.incr('counter-b')).rejects.toThrow('Connection is closed');
    expect(await link.retryUntilAnswered((client) => client.get('counter-b'))).toBe('1');
  });

  it('is not executed later when the cluster was away', async () => {
    await using proxy = await flakyProxy(cluster.url);
    await using link = new RedisConnection(proxy.url, { unavailableMs: 500 });
    await link.connect();
    await link.retryUntilAnswered((client) => client.get('counter-c'));
    await proxy.cut();
    // Nodes that were never asked are found to be away one by one.
    await expect(link.call((client) => client.get('counter-c'))).rejects.toBeInstanceOf(RedisUnavailableError);
    expect(link.client.status).not.toBe('ready');
    await expect(link.client.incr('counter-c')).rejects.toThrow();
    await expect(link.call((client) => client.incr('counter-c'))).rejects.toBeInstanceOf(RedisUnavailableError);
    await proxy.restore();
    await vi.waitFor(() => expect(link.client.status).toBe('ready'), 5_000);
    expect(await link.retryUntilAnswered((client) => client.get('counter-c'))).toBeNull();
  });
});

describe('a master that hangs', () => {
  it('holds up no call for longer than promised, and its replica is found when it takes over', async () => {
    await using own = await startLocalCluster();
    await using link = new RedisConnection(own.url);
    await link.connect();
    await link.call((client) => client.set('key', 'value'));
    const master = await own.masterOf('key');
    master.suspend();
    const since = performance.now();
    await link.call((client) => client.get('key')).catch((error: unknown) => error);
    expect(performance.now() - since).toBeLessThan(6_000);
    await own.untilMasterIsNot('key', master);
    await expect.poll(() => link.call((client) => client.set('key', 'new'))).toBe('OK');
  });
});
