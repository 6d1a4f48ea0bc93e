import { type LocalRedis, socketPathOf, startLocalRedis } from '@sluice/local-redis';
import { Redis } from 'ioredis';
import { type Pinning, pinTo } from './cpu-pinning.ts';
import type { BenchHooks } from './run-rounds.ts';

/** Reads from the outside what a Redis has used and done. It has a connection of its own. */
export class RedisMeter implements Disposable {
  readonly #client: Redis;

  private constructor(client: Redis) {
    this.#client = client;
  }

  static async connect(socketPath: string): Promise<RedisMeter> {
    const client = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: () => null });
    await client.connect();
    return new RedisMeter(client);
  }

  /** CPU time of the server since its start, all its threads together, in microseconds. */
  async cpuUs(): Promise<number> {
    const info = await this.#client.info('cpu');
    return Math.round((infoNumber(info, 'used_cpu_user') + infoNumber(info, 'used_cpu_sys')) * 1e6);
  }

  /** Commands since its start, those that scripts made included. */
  async commands(): Promise<number> {
    return infoNumber(await this.#client.info('stats'), 'total_commands_processed');
  }

  /** Runs of scripts since its start. */
  async scripts(): Promise<number> {
    const info = await this.#client.info('commandstats');
    const runs = [...info.matchAll(/^cmdstat_(?:eval|evalsha)(?:_ro)?:calls=(\d+)/gm)];
    return runs.reduce((sum, [, calls]) => sum + Number(calls), 0);
  }

  /** From now on Redis keeps a record of each run of a script that takes longer than a millisecond. */
  async logSlowRuns(): Promise<void> {
    await this.#client.config('SET', 'slowlog-log-slower-than', '1000');
    await this.#client.config('SET', 'slowlog-max-len', '10000');
    await this.#client.slowlog('RESET');
  }

  /** How long each of them took, in microseconds, by the clock on the wall. */
  async slowRuns(): Promise<number[]> {
    const entries = (await this.#client.slowlog('GET', 10_000)) as [
      id: number,
      at: number,
      us: number,
      args: string[],
    ][];
    return entries.filter(([, , , args]) => /^eval/i.test(args[0] ?? '')).map(([, , us]) => us);
  }

  async version(): Promise<string> {
    return infoValue(await this.#client.info('server'), 'redis_version');
  }

  listLength(key: string): Promise<number> {
    return this.#client.llen(key);
  }

  sortedSetSize(key: string): Promise<number> {
    return this.#client.zcard(key);
  }

  /** Clients that are connected, this meter included. */
  async connections(): Promise<number> {
    return infoNumber(await this.#client.info('clients'), 'connected_clients');
  }

  /** What the server has allocated now, in bytes. */
  async memoryBytes(): Promise<number> {
    return infoNumber(await this.#client.info('memory'), 'used_memory');
  }

  /** Deletes everything at once, so that no later run pays for it. Scripts stay loaded. */
  async empty(): Promise<void> {
    await this.#client.flushall('SYNC');
  }

  [Symbol.dispose](): void {
    this.#client.disconnect();
  }
}

/** What a private Redis is started with. */
type RedisHooks = Pick<BenchHooks, 'onProgress' | 'pinning'>;

/** A private Redis of a bench, with a meter on it. */
export class BenchRedis implements AsyncDisposable {
  readonly socketPath: string;
  readonly meter: RedisMeter;
  readonly pinning: Pinning | undefined;
  readonly #redis: LocalRedis;

  private constructor(redis: LocalRedis, socketPath: string, meter: RedisMeter, pinning: Pinning | undefined) {
    this.#redis = redis;
    this.socketPath = socketPath;
    this.meter = meter;
    this.pinning = pinning;
  }

  static async start({ onProgress, pinning }: RedisHooks): Promise<BenchRedis> {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startLocalRedis({ onProgress }));
    const socketPath = socketOf(redis);
    if (typeof pinning === 'object') await pinRedis(redis, pinning.store);
    const meter = await RedisMeter.connect(socketPath);
    stack.move();
    return new BenchRedis(redis, socketPath, meter, pinning);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.meter[Symbol.dispose]();
    await this.#redis.stop();
  }
}

async function pinRedis({ pid }: LocalRedis, cpus: string): Promise<void> {
  if (pid === null) throw new Error('a Redis in a container cannot be pinned');
  await pinTo(cpus, { pid });
}

/** The version of the Redis that the benches start. */
export async function redisVersion(hooks: RedisHooks): Promise<string> {
  await using redis = await BenchRedis.start(hooks);
  return await redis.meter.version();
}

/** The path of the socket on which a local Redis listens. */
export function socketOf(redis: LocalRedis): string {
  const path = socketPathOf(redis.url);
  if (path === null) throw new Error(`the bench wants a Redis on a socket, not ${redis.url}`);
  return path;
}

function infoNumber(info: string, field: string): number {
  const value = Number(infoValue(info, field));
  if (Number.isNaN(value)) throw new Error(`INFO says no number for ${field}`);
  return value;
}

function infoValue(info: string, field: string): string {
  const value = new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (value === undefined) throw new Error(`INFO does not say ${field}`);
  return value;
}
