import { FlowProducer, Queue, Worker } from 'bullmq';
import type { Cluster } from 'ioredis';
import { type LocalCluster, startLocalCluster } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DefinitionError, QueueFullError } from '../../job/errors/index.ts';
import { createBoundedBackend } from './create-bounded-backend.ts';

let cluster: LocalCluster;
let client: Cluster;
beforeAll(async () => {
  cluster = await startLocalCluster({ replicas: 0 });
  client = await cluster.client({ maxRetriesPerRequest: null });
});
afterAll(() => cluster.stop());

const backend = createBoundedBackend({ capacity: 3 });
let prefixes = 0;
const tagged = () => ({ connection: client, prefix: `{p-${(prefixes += 1)}}` });

/** All keys of the cluster that hold this text. */
async function keysWith(text: string): Promise<string[]> {
  const found = await Promise.all(client.nodes('master').map((node) => node.keys(`*${text}*`)));
  return found.flat().toSorted();
}

describe('a plain BullMQ queue with a bound, on a cluster', () => {
  it('takes what fits and refuses the rest, whole', async () => {
    const queue = new Queue('plain', tagged(), backend);
    await queue.add('job', {});
    await expect(queue.addBulk([1, 2, 3].map((n) => ({ name: 'job', data: n })))).rejects.toBeInstanceOf(
      QueueFullError,
    );
    await queue.addBulk([1, 2].map((n) => ({ name: 'job', data: n })));
    expect(await queue.getWaitingCount()).toBe(3);
    await queue.close();
  });

  it('is served by a plain Worker, whose waiting connection has its name', async () => {
    const options = tagged();
    const queue = new Queue('served', options, backend);
    const worker = new Worker('served', async () => 'done', { ...options, name: 'seven' }, backend);
    const done = new Promise((resolve) => worker.once('completed', (_, result) => resolve(result)));
    await queue.add('job', {});
    expect(await done).toBe('done');
    const lists = await Promise.all(client.nodes('master').map((node) => node.client('LIST')));
    expect(lists.join()).toMatch(/name=\{p-\d+\}:[\w=]+:w:seven /);
    await worker.close();
    await queue.close();
  });

  it('takes a flow over queues of one hash tag', async () => {
    const options = tagged();
    const flows = new FlowProducer(options, backend);
    const children = [{ name: 'child', queueName: 'b' }];
    await flows.add({ name: 'parent', queueName: 'a', children });
    const queue = new Queue('a', options);
    expect(await queue.getWaitingChildrenCount()).toBe(1);
    await queue.close();
    await flows.close();
  });

  it('refuses a flow over several hash tags before anything is written', async () => {
    const flows = new FlowProducer({ connection: client, prefix: 'several' }, backend);
    const children = [{ name: 'child', queueName: '{b}' }];
    const flow = flows.add({ name: 'parent', queueName: '{a}', children });
    await expect(flow).rejects.toBeInstanceOf(DefinitionError);
    await expect(flow).rejects.toThrow('{a}, {b}');
    expect(await keysWith('several')).toEqual([]);
    await flows.close();
  });

  it('refuses a child whose parent lies on another node', async () => {
    const queue = new Queue('{a}', { connection: client, prefix: 'apart', skipMetasUpdate: true }, backend);
    const parent = { id: 'p', queue: 'apart:{b}' };
    await expect(queue.add('child', {}, { parent })).rejects.toBeInstanceOf(DefinitionError);
    expect(await keysWith('apart')).toEqual([]);
    await queue.close();
  });

  it('refuses a queue without a hash tag', async () => {
    const queue = new Queue('untagged', { connection: client, skipMetasUpdate: true }, backend);
    await expect(queue.add('job', {})).rejects.toThrow('needs a hash tag');
    expect(await keysWith('untagged')).toEqual([]);
    await queue.close();
  });
});
