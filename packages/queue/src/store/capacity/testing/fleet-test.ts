import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import { type TestAPI } from 'vitest';
import { capacityDefaults } from '../../../job/defaults.ts';
import { metaFields } from '../../keys/meta-fields.ts';
import { sluiceKeys } from '../../keys/queue-keys.ts';
import { RedisScript } from '../../scripts/redis-script.ts';
import { capacityKeys } from '../../admission/admission-keys.ts';
import { CapacityClaim } from '../capacity-claim.ts';
import { type CapacityDefinition, capacityDefinition } from '../capacity-definition.ts';
import { ourScript } from '../../scripts/scripts.ts';

const script = new RedisScript(() => ourScript('claim-capacity', 'runs'));
export const ten = capacityDefinition(10, null);
export const twenty = capacityDefinition(20, null);
export const GONE_MS = capacityDefaults.claimGoneMs + 1_000;

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

export const fleetTest = redisTest.extend<{ fleet: Fleet }>({
  fleet: async ({ redis, queueName }, use) => {
    const fleet = new Fleet(await redis.client(), queueName);
    await use(fleet);
    fleet.close();
  },
}) as unknown as TestAPI<RedisFixtures & { fleet: Fleet }>;
