import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect, type TestAPI } from 'vitest';
import { z } from 'zod';
import { capacityDefaults } from '../../job/defaults.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { capacityKeys } from '../admission/admission-keys.ts';
import { CapacityClaim } from './capacity-claim.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type EventPolicy, type JobLimits } from '../../job/contracts/queue-policy.ts';
import { type CapacityDefinition, capacityDefinition, definitionOf, guestDefinition } from './capacity-definition.ts';
import { ourScript } from '../scripts/scripts.ts';

const script = new RedisScript(() => ourScript('claim-capacity', 'runs'));
const ten = capacityDefinition(10, null);
const twenty = capacityDefinition(20, null);
const GONE_MS = capacityDefaults.claimGoneMs + 1_000;

interface Stored {
  owner: string;
  list: { id: string; seen: number; since: number }[];
}

/** A queue that no client but those of the test speaks of. Time passes only when the test says so. */
class Fleet {
  readonly client: Redis;
  readonly meta: string;
  readonly #start: string;
  readonly #keys: string[];
  readonly #claims: CapacityClaim[] = [];

  constructor(client: Redis, queueName: string) {
    const keys = new QueueKeys('bull').getKeys(`{${queueName}}`);
    this.client = client;
    this.#start = keys[''] ?? '';
    this.meta = `${this.#start}meta`;
    this.#keys = [`${this.#start}${sluiceKeys.clients}`, ...capacityKeys(keys)];
  }

  /** A process that runs this definition. */
  async run(definition: CapacityDefinition): Promise<CapacityClaim> {
    const send = (args: (string | number)[]): Promise<unknown> =>
      script.run(this.client, this.#keys, [...args, `${this.#start}${sluiceKeys.wake}`]);
    const claim = new CapacityClaim(definition, send);
    this.#claims.push(claim);
    await claim.start();
    return claim;
  }

  key(name: string): string {
    return this.#start + name;
  }

  /** As they are stored. */
  async limits(): Promise<{ concurrency: string | null; a: string | null }> {
    const [concurrency, a] = await Promise.all([
      this.client.hget(this.meta, 'concurrency'),
      this.client.hget(this.key('sluice:limits'), 'a'),
    ]);
    return { concurrency, a };
  }

  /** The choice of events, as scripts read it. */
  events(): Promise<string | null> {
    return this.client.hget(this.meta, metaFields.events);
  }

  async capacity(): Promise<number> {
    return Number(await this.client.hget(this.meta, metaFields.capacity));
  }

  /** Lets this time pass for all definitions but those that leave heartbeats all through it. */
  async pass(ms: number, alive: CapacityDefinition[] = []): Promise<void> {
    const stored: Stored = JSON.parse((await this.client.hget(this.meta, metaFields.definitions)) ?? '');
    for (const definition of stored.list) {
      definition.since -= ms;
      if (!alive.some(({ id }) => id === definition.id)) definition.seen -= ms;
    }
    await this.client.hset(this.meta, metaFields.definitions, JSON.stringify(stored));
  }

  close(): void {
    for (const claim of this.#claims) claim.stop();
  }
}

const test = redisTest.extend<{ fleet: Fleet }>({
  fleet: async ({ redis, queueName }, use) => {
    const fleet = new Fleet(await redis.client(), queueName);
    await use(fleet);
    fleet.close();
  },
}) as unknown as TestAPI<RedisFixtures & { fleet: Fleet }>;

describe('of two definitions that state no revision', () => {
  for (const [before, after] of [
    [ten, twenty],
    [twenty, ten],
  ] as const) {
    test(`the one that connects last has its number enforced: ${before.capacity} → ${after.capacity}`, async ({
      fleet,
    }) => {
      await fleet.run(before);
      expect(await fleet.capacity()).toBe(before.capacity);
      await fleet.run(after);
      expect(await fleet.capacity()).toBe(after.capacity);
    });
  }

  test('the older one does not write back when its process restarts, nor while it runs', async ({ fleet }) => {
    const old = await fleet.run(ten);
    await fleet.run(twenty);
    await old.renew();
    await old.leave();
    const restarted = await fleet.run(ten);
    await restarted.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('the older one does not write back while the only process of the newer one restarts', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const only = await fleet.run(twenty);
    await only.leave();
    await old.renew();
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('the older one counts again when it is deployed after the last of the newer ones is gone', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const replaced = [await fleet.run(twenty), await fleet.run(twenty)];
    await old.leave();
    await replaced[0]?.leave();
    await fleet.run(ten);
    expect(await fleet.capacity()).toBe(20); // one of the newer is still there
    await replaced[1]?.leave();
    await fleet.run(ten);
    expect(await fleet.capacity()).toBe(10);
  });

  test('the older one counts again once the newer one was killed, and a late restart of that is older', async ({
    fleet,
  }) => {
    const old = await fleet.run(ten);
    await fleet.run(twenty);
    await fleet.pass(GONE_MS, [ten]);
    await old.renew();
    expect(await fleet.capacity()).toBe(10);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(10);
  });

  test('an outage in which no process was heard gives the older one nothing', async ({ fleet }) => {
    const [first, second] = [await fleet.run(ten), await fleet.run(ten)];
    const newer = await fleet.run(twenty);
    await fleet.pass(GONE_MS);
    await first.renew();
    await second.renew();
    expect(await fleet.capacity()).toBe(20);
    await newer.renew();
    await fleet.pass(GONE_MS, [ten, twenty]);
    await first.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('a third, older one waits for the second when the newest is gone', async ({ fleet }) => {
    const thirty = capacityDefinition(30, null);
    const oldest = await fleet.run(ten);
    const second = await fleet.run(twenty);
    await fleet.run(thirty);
    await fleet.pass(GONE_MS, [ten, twenty]);
    await oldest.renew();
    expect(await fleet.capacity()).toBe(30);
    await second.renew();
    expect(await fleet.capacity()).toBe(20);
  });
});

describe('of definitions that state a revision', () => {
  const first = capacityDefinition(10, 1);
  const second = capacityDefinition(20, 2);

  test('the larger one counts, in any order of connects and disconnects', async ({ fleet }) => {
    const newer = await fleet.run(second);
    const older = await fleet.run(first);
    await newer.leave();
    await fleet.run(first);
    await fleet.pass(GONE_MS, [first]);
    await older.renew();
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(capacityDefinition(10, 3)); // gone back on purpose
    expect(await fleet.capacity()).toBe(10);
  });

  test('any one stands above a definition without, until nobody runs it any more', async ({ fleet }) => {
    const stated = await fleet.run(first);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(10);
    await stated.leave();
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('two numbers under one revision are one bound all the same: the first', async ({ fleet }) => {
    await fleet.run(first);
    const other = await fleet.run(capacityDefinition(30, 1));
    await other.renew();
    expect(await fleet.capacity()).toBe(10);
  });

  test('large numbers and capacities lose no digit', async ({ fleet }) => {
    const largest = Number.MAX_SAFE_INTEGER;
    await fleet.run(capacityDefinition(largest - 1, largest - 1));
    await fleet.run(capacityDefinition(largest, largest));
    expect(await fleet.capacity()).toBe(largest);
  });
});

describe('a number of others', () => {
  test('that was set at run time stands above every definition, also one that comes later', async ({ fleet }) => {
    await fleet.run(ten);
    await fleet.client.hset(fleet.meta, metaFields.capacity, 5, metaFields.capacityBy, `${Date.now()} set`);
    await fleet.run(twenty);
    await fleet.run(capacityDefinition(30, 1));
    expect(await fleet.capacity()).toBe(5);
  });

  test('that an earlier version has set counts as set at run time, and what it cleared is written back', async ({
    fleet,
  }) => {
    const client = await fleet.run(ten);
    await fleet.client.hset(fleet.meta, metaFields.capacity, 5);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(5);
    await fleet.client.hdel(fleet.meta, metaFields.capacity);
    await client.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('that a flow brings counts where the queue has none of its own', async ({ fleet }) => {
    await fleet.run(guestDefinition(twenty));
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(ten);
    await fleet.run(guestDefinition(capacityDefinition(30, null)));
    await fleet.pass(GONE_MS, [guestDefinition(twenty)]);
    await (await fleet.run(guestDefinition(twenty))).renew();
    expect(await fleet.capacity()).toBe(10);
  });
});

/** A definition of these limits: of the queue, and of the contract `a`. */
function limited(capacity: number, queueRunning: number, ofA?: JobLimits): CapacityDefinition {
  const jobs = [defineJob({ name: 'a', payload: z.any(), result: z.any() })];
  const limits = { ...(queueRunning > 0 && { running: queueRunning }), ...(ofA && { jobs: { a: ofA } }) };
  return definitionOf(defineQueue({ name: 'limited', jobs, capacity, limits }));
}

describe('the limits of definitions', () => {
  const first = limited(10, 5, { running: 2 });
  const second = limited(10, 0, { running: 3, rate: { jobs: 7, perMs: 1_000 } });

  test('have one owner, the one of the capacity: in a deployment and back', async ({ fleet }) => {
    const old = await fleet.run(first);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
    const newer = await fleet.run(second);
    expect(await fleet.limits()).toEqual({ concurrency: null, a: '3 7 1000 0' });
    await old.renew();
    await fleet.run(first); // an old process restarts
    expect(await fleet.limits()).toEqual({ concurrency: null, a: '3 7 1000 0' });
    await newer.leave();
    await fleet.run(first);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
    await fleet.run(limited(10, 0));
    expect(await fleet.limits()).toEqual({ concurrency: null, a: null });
  });

  test('give way to what an operator has set, and to a contract that is paused', async ({ fleet }) => {
    await fleet.run(first);
    await fleet.client.hset(fleet.key('sluice:limits'), 'a', '9 0 0 0');
    await fleet.client.hset(fleet.meta, 'concurrency', 50);
    await fleet.run(second);
    expect(await fleet.limits()).toEqual({ concurrency: '50', a: '9 0 0 0' });
    await fleet.client.hset(fleet.key('sluice:limits'), 'a', '3 7 1000 1');
    await fleet.run(limited(11, 0, { running: 4 }));
    expect(await fleet.limits()).toMatchObject({ a: '4 0 0 1' });
  });

  test('are left alone by a client that states none of them, such as a plain BullMQ queue', async ({ fleet }) => {
    await fleet.run(first);
    await fleet.run(twenty);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
  });
});

/** A definition that chooses events. */
function choosing(events: EventPolicy, revision?: number): CapacityDefinition {
  const jobs = [defineJob({ name: 'a', payload: z.any(), result: z.any() })];
  return definitionOf(defineQueue({ name: 'choosing', jobs, capacity: 10, events, ...(revision && { revision }) }));
}

describe('the choice of events', () => {
  test('has one owner, the one of the capacity: in a deployment and back', async ({ fleet }) => {
    const old = await fleet.run(choosing('all'));
    expect(await fleet.events()).toBeNull();
    const newer = await fleet.run(choosing('none'));
    expect(await fleet.events()).toBe('none');
    await old.renew();
    await fleet.run(choosing('all')); // an old process restarts
    expect(await fleet.events()).toBe('none');
    await fleet.run(choosing('ended'));
    await newer.renew();
    expect(await fleet.events()).toBe('ended');
    await fleet.run(choosing('all', 1));
    expect(await fleet.events()).toBeNull();
  });

  test('stands above operators and other builds, and is left alone by clients that make none', async ({ fleet }) => {
    const ours = await fleet.run(choosing('ended'));
    await fleet.client.hset(fleet.meta, metaFields.events, 'none');
    await ours.renew();
    expect(await fleet.events()).toBe('ended');
    await fleet.run(twenty); // such as a plain BullMQ queue on our backend
    expect(await fleet.events()).toBe('ended');
  });

  test('is the first of two that state one revision', async ({ fleet }) => {
    const first = await fleet.run(choosing('ended', 1));
    const second = await fleet.run(choosing('none', 1));
    await first.renew();
    await second.renew();
    expect(await fleet.events()).toBe('ended');
  });
});

describe('a queue that was emptied', () => {
  test('is left alone by the clients that are there, and started again by the next one', async ({ fleet }) => {
    const there = await fleet.run(ten);
    await fleet.client.del(fleet.meta);
    await there.renew();
    expect(await fleet.client.exists(fleet.meta)).toBe(0);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('gets back the newest definition, in any order of reports', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const newer = await fleet.run(twenty);
    for (const order of [
      [old, newer],
      [newer, old],
    ]) {
      await fleet.client.del(fleet.meta);
      await fleet.client.hset(fleet.meta, 'version', 'bullmq');
      for (const client of order) await client.renew();
      expect(await fleet.capacity()).toBe(20);
    }
  });
});
