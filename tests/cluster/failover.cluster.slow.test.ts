import { connectProducer, PutUnknownError, RedisUnavailableError } from '@sluice/queue';
import { flakyProxy, type LocalCluster, type RecordedFact, startLocalCluster } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailoverLoad, queueOf, work } from './failover-load.ts';

let cluster: LocalCluster;
beforeEach(async () => void (cluster = await startLocalCluster()));
afterEach(() => cluster.stop());

/** Puts whose outcome nobody knows may be in; no other may that was not answered. */
const ids = (load: FailoverLoad, type: RecordedFact['type']): string[] =>
  load.history.facts.flatMap((fact) => (fact.type === type && 'id' in fact ? [fact.id] : []));

async function untilMore(load: FailoverLoad, runs: number, timeout: number): Promise<void> {
  const before = load.runs;
  await expect.poll(() => load.runs - before, { timeout, interval: 20 }).toBeGreaterThan(runs);
}

/** What holds whatever happened to the cluster. */
async function expectSound(load: FailoverLoad): Promise<void> {
  // I1: only an add raises the depth, and each reported it from inside its own run.
  expect(Math.max(...load.depths)).toBeLessThanOrEqual(load.capacity);
  expect(load.slowestPutMs).toBeLessThan(load.putMaxMs + 1_000);
  // I6: each id was put once, so an answer that is not "created" is a run sent again and not recognised.
  expect(load.history.facts.filter((fact) => fact.type === 'put-answered' && fact.status !== 'created')).toEqual([]);
  // Nothing is in that was refused, and every id is in once.
  const refused = await load.lookFor(ids(load, 'put-refused'));
  expect(refused.lost).toEqual(ids(load, 'put-refused'));
  const known = [...load.answered, ...ids(load, 'put-unknown')];
  const { lost, unfinished } = await load.lookFor(known);
  expect(unfinished).toEqual([]);
  expect(await load.kept()).toBe(new Set(known).size - lost.length);
}

describe('under load', () => {
  it.each(['graceful', 'takeover'] as const)(
    'a failover is survived (%s), and a graceful one loses nothing',
    async (how) => {
      await using load = new FailoverLoad(cluster.url, 'switched');
      await load.start();
      await untilMore(load, 200, 10_000);
      await cluster.failover(load.key, how);
      await untilMore(load, 200, 10_000);
      await load.finish();
      await expectSound(load);
      if (how === 'graceful') expect((await load.lookFor(load.answered)).lost).toEqual([]);
    },
  );

  it('loses no put that its replica had when the queue’s master dies, and works again within seconds', async () => {
    await using proxy = await flakyProxy(cluster.url);
    await using load = new FailoverLoad(proxy.url, 'killed');
    await load.start();
    await untilMore(load, 200, 10_000);
    const safe = await answeredAndReplicated(load);
    const master = await cluster.masterOf(load.key);
    // Admissions whose answers are lost are sent again, the last to the replica that has become master: it must know them.
    await Promise.all(Array.from({ length: 24 }, () => proxy.dropNextReply('"mode":"each"')));
    await master.kill();
    await untilMore(load, 200, 15_000);
    await load.finish();
    await expectSound(load);
    expect(safe.length).toBeGreaterThan(100);
    expect((await load.lookFor(safe)).lost).toEqual([]);
  });

  it('a master that hangs is done without once its replica has taken over', async () => {
    await using load = new FailoverLoad(cluster.url, 'frozen');
    await load.start();
    await untilMore(load, 200, 10_000);
    const master = await cluster.masterOf(load.key);
    master.suspend();
    await cluster.untilMasterIsNot(load.key, master);
    await untilMore(load, 200, 30_000);
    await load.finish();
    await expectSound(load);
  });
});

describe('puts that wait for capacity', () => {
  it('keep their places when the queue’s master dies (I4)', async () => {
    await using stack = new AsyncDisposableStack();
    const connect = async () => stack.use(await connectProducer(queueOf('line', 1), { redis: cluster.url }));
    const first = await connect();
    await first.put(work, { id: 'filler' }, { id: 'filler' });
    const admitted: string[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      const producer = await connect();
      void producer.put(work, { id }, { id }).then(() => admitted.push(id));
      await expect.poll(async () => (await producer.stats()).waitingPuts).toBe(1);
    }
    const master = await cluster.masterOf('{line}');
    await expect.poll(() => master.replicasWith('mark-of-{line}')).toBe(1);
    await master.kill();
    await cluster.untilMasterIsNot('{line}', master);
    // The queue has a place for one: each of these is removed only if it was let in next. When a producer hears of it is another matter.
    for (const id of ['filler', 'a', 'b', 'c']) {
      await expect.poll(() => first.cancel(id).catch(() => 'away')).toBe('removed');
    }
    await expect.poll(() => admitted.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('while the slot of a queue moves', () => {
  it('nothing is half put, and afterwards all works again', async () => {
    const options = { redis: cluster.url, unavailableMs: 500 };
    await using producer = await connectProducer(queueOf('moving'), options);
    await producer.put(work, { id: 'early' }, { id: 'early' });
    const { to, finish } = await cluster.beginMove('{moving}');
    const put = producer.put(work, { id: 'meanwhile' }, { id: 'meanwhile' });
    // It may still be on its way to a node that takes it, so it is not always known that it was not sent.
    await expect(put).rejects.toSatisfy((e) => e instanceof RedisUnavailableError || e instanceof PutUnknownError);
    await finish();
    expect(await cluster.masterOf('{moving}')).toBe(to);
    const { status } = await producer.put(work, { id: 'meanwhile' }, { id: 'meanwhile' });
    expect(['created', 'duplicate']).toContain(status);
    for (const id of ['early', 'meanwhile']) expect(await producer.find(id)).toMatchObject({ state: 'waiting' });
    expect(await producer.stats()).toMatchObject({ depth: 2, waiting: 2 });
  });
});

describe('while the replica is behind', () => {
  it('what it never had is lost with the master: replication is asynchronous', async () => {
    await using producer = await connectProducer(queueOf('behind'), { redis: cluster.url });
    await producer.put(work, { id: 'early' }, { id: 'early' });
    const master = await cluster.masterOf('{behind}');
    await expect.poll(() => master.replicasWith('mark-of-{behind}')).toBe(1);
    const [replica] = await cluster.replicasOf('{behind}');
    replica?.suspend();
    await master.cutReplicas(); // what is on the wire would arrive all the same
    await producer.put(work, { id: 'late' }, { id: 'late' });
    await master.kill();
    replica?.resume();
    await cluster.untilMasterIsNot('{behind}', master);
    await expect.poll(() => producer.find('early')).toMatchObject({ state: 'waiting' });
    expect(await producer.find('late')).toBeNull();
  });

  it('Redis takes no puts when it is set to need a replica', async () => {
    const config = { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '1' };
    await using careful = await startLocalCluster({ config });
    const options = { redis: careful.url, unavailableMs: 300 };
    await using producer = await connectProducer(queueOf('careful', 1_000), options);
    const put = (n: number) => producer.tryPut(work, { id: `late-${n}` }, { id: `late-${n}` });
    const [replica] = await careful.replicasOf('{careful}');
    replica?.suspend();
    let n = 0;
    await expect.poll(() => put((n += 1)).catch((error: unknown) => error)).toBeInstanceOf(RedisUnavailableError);
    const refused = n;
    replica?.resume();
    await expect
      .poll(
        () =>
          put((n += 1)).then(
            ({ status }) => status,
            () => 'refused',
          ),
        { timeout: 10_000 },
      )
      .toBe('created');
    expect(await producer.find(`late-${refused}`)).toBeNull();
  });
});

/** What was answered before the replica said that it has everything up to now. */
async function answeredAndReplicated(load: FailoverLoad): Promise<string[]> {
  const { answered } = load;
  const master = await cluster.masterOf(load.key);
  await expect.poll(() => master.replicasWith(`mark-of-${load.key}`)).toBe(1);
  return answered;
}
