import { redisTest } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { type Keyspace, readKeyspace } from '../backend/differential/testing/keyspace.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import type { AdmissionReply, PlainCall, RequestId, TicketRequest } from './admission.ts';
import { admitJobs, admitOne } from './admission-client.ts';
import { OneJobCalls } from './one-job-call.ts';

const policies = {
  capacity: 3,
  keepDead: { count: 10, ageMs: 60_000 },
  idWindows: { completedMs: 60_000, deadMs: 60_000 },
};
const options = { name: 'plain', json: ['{"jobId":"', '","sluice":{"v":1,"d":"', '"}}'] } as const;
const far = 9_000_000_000_000;

/** A queue, and both scripts for it. */
class Kit {
  readonly backend: BoundedBackend;
  readonly client: Redis;
  readonly #calls: OneJobCalls;

  constructor(client: Redis, backend: BoundedBackend) {
    this.client = client;
    this.backend = backend;
    this.#calls = new OneJobCalls(backend.keys, policies);
  }

  key(name: string): string {
    return this.backend.toKey(name);
  }

  call(id: string, more: Partial<PlainCall> = {}): PlainCall {
    const digest = more.isNew ? '' : 'd1';
    return { queueKeys: this.backend.keys, id, at: 1, data: '{"n":1}', options, digest, isNew: false, ...more };
  }

  async one(job: PlainCall, ticket?: TicketRequest, requestId?: RequestId): Promise<AdmissionReply> {
    return admitOne(await this.backend.client, this.backend, this.#calls, { job, ticket, requestId });
  }

  many(job: PlainCall, ticket?: TicketRequest, requestId?: RequestId): Promise<AdmissionReply> {
    const request = requestId ? { requestId } : {};
    return admitJobs(this.backend, { mode: 'each', ...policies, ticket, ...request, calls: [job] });
  }

  request(number: number): RequestId {
    return { slot: this.key(`${sluiceKeys.reply}p:1`), number, windowMs: 10_000 };
  }

  /** All keys, without the times that Redis's clock wrote. */
  async stored(): Promise<Keyspace> {
    const keyspace = await readKeyspace(this.client, this.key('').slice(0, -1));
    const text = JSON.stringify(keyspace).replaceAll(/\b1[5-9]\d{11,14}\b/g, '<time>');
    return JSON.parse(text);
  }

  wait(): Promise<string[]> {
    return this.client.lrange(this.key('wait'), 0, -1);
  }
}

const test = redisTest.extend<{ kits: [Kit, Kit] }>({
  kits: async ({ redis, prefix }, use) => {
    const client = await redis.client();
    const open = async (side: string): Promise<Kit> => {
      const opts = { connection: client, prefix: `{${prefix}}-${side}`, skipVersionCheck: true };
      const backend = createBoundedBackend({ capacity: 3 })('q', opts);
      await backend.waitUntilReady();
      await client.hset(backend.toKey('meta'), 'sluice.capacity', 3, 'opts.maxLenEvents', 10_000);
      return new Kit(client, backend);
    };
    const kits: [Kit, Kit] = [await open('a'), await open('b')];
    await use(kits);
    for (const { backend } of kits) await backend.close();
  },
});

/** What a put meets, and what is asked of it. */
interface Situation {
  met?: (kit: Kit) => Promise<unknown>;
  more?: Partial<PlainCall>;
  ticket?: string;
  decision: string;
}

const meta = (...fields: (string | number)[]) => ({
  met: (kit: Kit) => kit.client.hset(kit.key('meta'), ...fields),
});
const withoutMeta = (field: string) => ({ met: (kit: Kit) => kit.client.hdel(kit.key('meta'), field) });
const filled = async (kit: Kit): Promise<void> => {
  for (const id of ['x', 'y', 'z']) await kit.many(kit.call(id));
};
const ended = (set: string, finishedOn: number) => async (kit: Kit) => {
  await kit.many(kit.call('a'));
  await kit.client.lrem(kit.key('wait'), 1, 'a');
  await kit.client.hset(kit.key('a'), 'finishedOn', finishedOn);
  await kit.client.zadd(kit.key(set), finishedOn, 'a');
};
const remembered = (untilMs: number) => async (kit: Kit) =>
  kit.client.hset(kit.key(`${sluiceKeys.ids}86`), 'a', `${untilMs} d1`);
const someoneWaits = async (kit: Kit): Promise<void> => {
  await kit.client.zadd(kit.key(sluiceKeys.waiters), 1, 'other:1');
  await kit.client.hset(kit.key(sluiceKeys.tickets), 'other:1', `5 ${far}`);
};

/** A queue whose capacity is taken, all or all but for one job, by jobs of one state. */
function heldBy(
  state: string,
  hold: (client: Redis, key: string, id: string) => Promise<unknown>,
): Record<string, Situation> {
  const met = (ids: readonly string[]) => async (kit: Kit) => {
    for (const id of ids) await hold(kit.client, kit.key(state), id);
  };
  return {
    [`a queue that is full of jobs in ${state}`]: { met: met(['x', 'y', 'z']), decision: 'full' },
    [`a queue with capacity for one, and jobs in ${state}`]: { met: met(['x', 'y']), decision: 'created' },
  };
}

const situations: Record<string, Situation> = {
  'an empty queue': { decision: 'created' },
  'an id that was generated': { more: { isNew: true }, decision: 'created' },
  'a ticket that is not needed': { ticket: 'p:1', decision: 'created' },
  'a policy that drops nothing': { more: { drop: 'drop-oldest' }, decision: 'created' },
  'a queue that was never added to': { ...withoutMeta('opts.maxLenEvents'), decision: 'created' },
  'a paused queue': { ...meta('paused', 1), decision: 'created' },
  'a queue that writes no events': { ...meta('sluice.events', 'none'), decision: 'created' },
  'a global limit that is not reached': { ...meta('concurrency', 1), decision: 'created' },
  'a global limit that is reached': {
    met: async (kit) => {
      await kit.client.hset(kit.key('meta'), 'concurrency', 1);
      await kit.client.lpush(kit.key('active'), 'r');
    },
    decision: 'created',
  },
  'no capacity in Redis': { ...withoutMeta('sluice.capacity'), decision: 'created' },
  'a capacity of another kind': { ...meta('sluice.capacity', 'many'), decision: 'created' },
  'a sealed queue': { ...meta('sluice.sealed', 1), decision: 'sealed' },
  'a full queue': { met: filled, decision: 'full' },
  'a full queue, with a ticket': { met: filled, ticket: 'p:1', decision: 'full' },
  'a full queue, with a policy': { met: filled, more: { drop: 'drop-oldest' }, decision: 'created' },
  'a queue that is full of jobs which do not wait': {
    met: async (kit) => {
      await kit.client.lpush(kit.key('active'), 'x');
      await kit.client.zadd(kit.key('delayed'), 1, 'y');
      await kit.client.zadd(kit.key('waiting-children'), 1, 'z');
    },
    decision: 'full',
  },
  ...heldBy('active', (client, key, id) => client.lpush(key, id)),
  ...heldBy('paused', (client, key, id) => client.lpush(key, id)),
  ...heldBy('prioritized', (client, key, id) => client.zadd(key, 1, id)),
  ...heldBy('delayed', (client, key, id) => client.zadd(key, 1, id)),
  ...heldBy('waiting-children', (client, key, id) => client.zadd(key, 1, id)),
  'puts that wait': { met: someoneWaits, decision: 'full' },
  'puts that wait, and a delayed job': {
    met: async (kit) => {
      await someoneWaits(kit);
      await kit.client.zadd(kit.key('delayed'), 1, 'y');
    },
    decision: 'full',
  },
  'puts that wait, with a ticket': { met: someoneWaits, ticket: 'p:1', decision: 'full' },
  'an id that waits': { met: (kit) => kit.many(kit.call('a')), decision: 'duplicate' },
  'an id with another payload': { met: (kit) => kit.many(kit.call('a', { digest: 'd2' })), decision: 'conflict' },
  'an id that was generated for another put': {
    met: (kit) => kit.many(kit.call('a', { isNew: true })),
    decision: 'duplicate',
  },
  'an id that completed within its window': { met: ended('completed', far), decision: 'duplicate' },
  'an id that completed long ago': { met: ended('completed', 1), decision: 'created' },
  'an id that failed long ago': { met: ended('failed', 1), decision: 'created' },
  'an id that is remembered': { met: remembered(far), decision: 'duplicate' },
  'an id that is remembered no longer': { met: remembered(1), decision: 'created' },
  'a tombstone that another client took off the list': {
    met: async (kit) => {
      await kit.client.sadd(kit.key(sluiceKeys.tombstones), 'lost');
      await kit.client.hset(kit.key('meta'), 'sluice.tombstones', 1);
    },
    decision: 'created',
  },
  'an id that was cancelled deep in the queue': {
    met: async (kit) => {
      await kit.many(kit.call('a'));
      await kit.client.del(kit.key('a'));
      await kit.client.hset(kit.key('a'), 'defa', 'The job was cancelled while it waited.');
      await kit.client.sadd(kit.key(sluiceKeys.tombstones), 'a');
      await kit.client.hset(kit.key('meta'), 'sluice.tombstones', 1);
    },
    decision: 'created',
  },
};

describe('a single put through admit-one', () => {
  const cases = Object.entries(situations);

  test.for(cases)('is decided and stored as by admit-jobs when it meets %s', async ([, situation], { kits }) => {
    const { met, more, ticket, decision } = situation;
    const [one, many] = kits;
    for (const kit of kits) await met?.(kit);
    const asks: TicketRequest | undefined = ticket === undefined ? undefined : { name: ticket };
    const reply = await one.one(one.call('a', more), asks);
    expect(reply.answers).toMatchObject([{ decision }]);
    expect(withoutTimes(reply)).toEqual(withoutTimes(await many.many(many.call('a', more), asks)));
    expect(await one.stored()).toEqual(await many.stored());
  });

  test('goes the long way only where it has to', async ({ kits: [kit] }) => {
    await kit.client.config('RESETSTAT');
    await kit.one(kit.call('a', { isNew: true }), { name: 'p:1' }, kit.request(1));
    await kit.one(kit.call('b'), { name: 'p:2' }, kit.request(2));
    const stats = await kit.client.info('commandstats');
    expect(/cmdstat_hmget:calls=(\d+)/.exec(stats)?.[1]).toBe('2'); // a second read of meta would be the long way's
  });

  test('that is sent twice gets its first reply, whichever way it went', async ({ kits: [kit] }) => {
    const [short, long] = [kit.call('a'), kit.call('a', { digest: 'd2' })];
    const replies = [
      await kit.one(short, undefined, kit.request(1)),
      await kit.one(short, undefined, kit.request(1)),
      await kit.one(long, undefined, kit.request(2)),
      await kit.one(long, undefined, kit.request(2)),
    ];
    expect(replies[1]).toEqual(replies[0]);
    expect(replies[3]).toEqual(replies[2]);
    expect(await kit.wait()).toEqual(['a']);
  });

  test('of which a copy arrives late adds nothing, whichever script came after', async ({ kits: [kit] }) => {
    await kit.one(kit.call('a', { isNew: true }), undefined, kit.request(1));
    await kit.many(kit.call('b'), undefined, kit.request(2));
    await expect(kit.one(kit.call('a', { isNew: true }), undefined, kit.request(1))).rejects.toThrow('LATE');
    await kit.one(kit.call('c'), undefined, kit.request(3));
    await expect(kit.many(kit.call('b', { isNew: true }), undefined, kit.request(2))).rejects.toThrow('LATE');
    expect(await kit.wait()).toEqual(['c', 'b', 'a']);
  });
});

/** Redis's clock says when a ticket arrived. */
function withoutTimes({ arrival, ...reply }: AdmissionReply): object {
  return { ...reply, waits: arrival !== undefined };
}
