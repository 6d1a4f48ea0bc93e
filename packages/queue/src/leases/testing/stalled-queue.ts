import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import type { PoolTimings } from '../../job/pool-defaults.ts';
import { leaseThreadScripts, type LeaseThreadSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { PoolDescription } from '../../store/pools/pool-description.ts';
import { LeaseThreadRedis } from '../../store/lease-store/lease-thread-redis.ts';

/** A lease as a pool would have left it, by default. */
export interface TakenJob {
  pool?: string;
  deliveries?: number;
  /** What the hash says; default: the same as `deliveries`. */
  ats?: number;
  /** Null: a job of BullMQ's own worker. */
  by?: string | null;
  /** Whether it has its lock. */
  locked?: boolean;
  /** More fields of the hash. */
  fields?: Record<string, string | number>;
}

/** What a pool may say of itself. */
const describedPool: PoolDescription = {
  name: 'us',
  kind: 'pool',
  host: 'here',
  pid: 1,
  version: '0.0.0',
  startedAt: 0,
  state: 'running',
  slots: 1,
  contracts: [],
};

/** A queue whose jobs stand in `active` without anybody running them, and lease threads that look at it. */
export class StalledQueue implements Disposable {
  readonly client: Redis;
  readonly setup: LeaseThreadSetup;
  readonly #threads: LeaseThreadRedis[] = [];

  constructor(client: Redis, where: { url: string; prefix: string; queueName: string; timings: PoolTimings }) {
    const storedName = `{${where.queueName}}`;
    this.client = client;
    this.setup = {
      pool: 'us',
      place: { machine: 'm', process: 'us' },
      description: describedPool,
      redis: where.url,
      queue: { capacity: 1_000 },
      keys: new QueueKeys(where.prefix).getKeys(storedName),
      keepDead: { count: 10, ageMs: 1_000 },
      retries: {},
      graces: {},
      timings: where.timings,
      unavailableMs: 5_000,
      scripts: leaseThreadScripts(),
    };
  }

  key(type: string): string {
    return `${this.setup.keys['']}${type}`;
  }

  /** @param machine where its process runs, alone as a rule */
  async leaseThread(pool = randomBytes(4).toString('hex'), machine = pool): Promise<LeaseThreadRedis> {
    const thread = new LeaseThreadRedis({ ...this.setup, pool, place: { machine, process: processOf(pool) } });
    this.#threads.push(thread);
    await thread.connect();
    return thread;
  }

  async take(id: string, job: TakenJob = {}): Promise<void> {
    const { pool = 'gone', deliveries = 1, ats = deliveries, locked = false, fields = {} } = job;
    const token = tokenOf(pool);
    const by = job.by === undefined ? `${deliveries}:${token}` : job.by;
    const hash = { name: 'job', data: '{}', ats, ...(by === null ? {} : { 'sluice.by': by }), ...fields };
    await this.client.hset(this.key(id), hash);
    await this.client.lpush(this.key('active'), id);
    if (locked) await this.client.set(this.key(`${id}:lock`), token, 'PX', 60_000);
  }

  /** Says when the last sweep was, by Redis's clock, and that it found no reason to be quiet. */
  async sweptBefore(agoMs: number): Promise<void> {
    const [seconds, micros] = await this.client.time();
    const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    await this.client.set(this.key('sluice:sweep'), `${nowMs - agoMs} 0 0`);
  }

  lists(): Promise<{ wait: string[]; active: string[] }> {
    return this.#lists();
  }

  async events(): Promise<string[][]> {
    return (await this.client.xrange(this.key('events'), '-', '+')).map(([, fields]) => fields);
  }

  async #lists(): Promise<{ wait: string[]; active: string[] }> {
    const [wait, active] = await Promise.all(
      ['wait', 'active'].map((list) => this.client.lrange(this.key(list), 0, -1)),
    );
    return { wait: wait ?? [], active: active ?? [] };
  }

  [Symbol.dispose](): void {
    for (const thread of this.#threads) thread.close();
  }
}

function processOf(pool: string): string {
  return pool.replace(/\..*$/, '');
}

export function tokenOf(pool: string): string {
  return `${pool}:1700000000000001`;
}
