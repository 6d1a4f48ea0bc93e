import type { Redis } from 'ioredis';
import { createLastingClient, untilReady } from '../connection/lasting-client.ts';
import { answerWithin, RedisTimeoutError } from '../connection/redis-timeout.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { PoolDescription } from '../pools/pool-description.ts';
import { type PoolOrder, readOrders } from '../pools/pool-orders.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import type { LeaseThreadSetup } from './lease-thread-setup.ts';
import { leaseThreadSilenceMs, sweepPace } from './sweep-pace.ts';

/** A lease to renew, and for how long. */
export interface Renewal {
  readonly id: string;
  readonly token: string;
  readonly deliveries: number;
  readonly leaseMs: number;
}

/** What became of a renewal: 0 lost, 1 renewed, 2 had run out and was taken back. */
export type Renewed = 0 | 1 | 2;

export interface Sweep {
  readonly ids: readonly string[];
  /** One call gives back a limited number of jobs; another call would find more. */
  readonly more: boolean;
  /** Of a first sweep: in how many milliseconds what others left behind may be given back; 0: nothing is, or it may be now. */
  readonly leftoversInMs?: number;
}

const SIGN_OFF_MS = 500;

/** The lease thread's connection, and the two scripts that it runs there. */
export class LeaseThreadRedis {
  readonly client: Redis;
  readonly #setup: LeaseThreadSetup;
  readonly #renew: RedisScript;
  readonly #sweep: RedisScript;
  readonly #signKey: string;
  #drains = false;
  readonly #descriptionKey: string;
  #description: string;
  readonly #end: () => void;

  constructor(setup: LeaseThreadSetup) {
    this.#setup = setup;
    const { client, end } = createLastingClient(setup.redis, leaseThreadSilenceMs(setup.timings));
    this.client = client;
    this.#end = end;
    this.client.on('error', () => undefined); // calls that fail report it
    this.#renew = new RedisScript(() => setup.scripts.renew);
    this.#sweep = new RedisScript(() => setup.scripts.sweep);
    this.#signKey = `${this.#prefix}${sluiceKeys.pool}${setup.pool}`;
    this.#descriptionKey = `${this.#prefix}${sluiceKeys.poolDescription}${setup.pool}`;
    this.#description = JSON.stringify(setup.description);
  }

  /** Connects. When that fails it is tried again behind the scenes, until the connection is closed. The signal ends the wait. */
  async connect(signal?: AbortSignal): Promise<void> {
    let last: Error | undefined;
    const remember = (error: Error): void => void (last = error);
    this.client.on('error', remember);
    try {
      this.client.connect().catch(remember);
      const isReady = await untilReady(this.client, performance.now() + this.#setup.unavailableMs, signal);
      if (!isReady && !signal?.aborted) throw last ?? new RedisTimeoutError({ sent: false });
    } finally {
      this.client.off('error', remember);
    }
  }

  close(): void {
    this.#end();
  }

  /** From the next heartbeat on, a sweep can tell that the process, should it die, was asked to end. */
  noteDrain(): void {
    this.#drains = true;
  }

  /** What the pool says of itself from its next heartbeat on. */
  describe(description: PoolDescription): void {
    this.#description = JSON.stringify(description);
  }

  /** Takes back the pool's heartbeat. Best effort: it expires by itself. */
  async signOff(): Promise<void> {
    const { pool, place } = this.#setup;
    const entries = ['runs', 'drains'].map((state) => `${pool} ${place.machine} ${place.process} ${state}`);
    const gone = [
      this.client.del(this.#signKey, this.#descriptionKey, this.#ordersKey),
      this.client.zrem(this.#poolsKey, pool),
      this.client.zrem(this.#lastHeartbeatsKey, ...entries),
    ];
    await answerWithin(Promise.all(gone), SIGN_OFF_MS).catch(() => undefined);
  }

  /**
   * Waits for the answer as long as the connection does.
   *
   * @param isLast whether this ends a round, in which all leases of the pool were renewed
   */
  async renew(renewals: readonly Renewal[], isLast: boolean): Promise<readonly Renewed[]> {
    const { keys, timings, pool, place } = this.#setup;
    const args: (string | number)[] = [this.#prefix, isLast ? timings.leaseMs : 0, pool, place.machine, place.process];
    args.push(this.#drains ? 1 : 0, this.#description);
    for (const { id, token, deliveries, leaseMs } of renewals) args.push(id, token, deliveries, leaseMs);
    const names = [keys['active'] ?? '', keys['stalled'] ?? '', this.#signKey, keys['meta'] ?? ''];
    names.push(this.#poolsKey, this.#lastHeartbeatsKey, this.#descriptionKey);
    return (await this.#renew.run(this.client, names, args)) as readonly Renewed[];
  }

  /** Takes the orders to the pool off their hash. */
  async takeOrders(): Promise<PoolOrder[]> {
    const fields = await answerWithin(this.client.hgetall(this.#ordersKey), poolDefaults.commandMs);
    const names = Object.keys(fields);
    if (names.length > 0) await answerWithin(this.client.hdel(this.#ordersKey, ...names), poolDefaults.commandMs);
    return readOrders(fields);
  }

  async sweep(goesOn: boolean, isFirst = false): Promise<Sweep> {
    const { keys, timings } = this.#setup;
    const { periodMs, lateMs, foreignMs } = sweepPace(timings);
    const own = ['wait', 'active', 'meta', 'marker', 'events', 'stalled', 'repeat'].map((name) => keys[name] ?? '');
    const { sweep, stalledCandidates, crashSuspects, lastHeartbeats } = sluiceKeys;
    const guard = [sweep, stalledCandidates, crashSuspects, lastHeartbeats].map((name) => this.#prefix + name);
    const args = [this.#prefix, this.#prefix + sluiceKeys.pool, periodMs, lateMs, timings.leaseMs, foreignMs];
    args.push(poolDefaults.crashesMax, goesOn ? 1 : 0, this.#setup.pool, isFirst ? 1 : 0);
    const reply = await answerWithin(this.#sweep.run(this.client, [...own, ...guard], args), poolDefaults.commandMs);
    const [, ids, more, leftoversInMs] = reply as readonly [string, readonly string[], number, number];
    return { ids, more: more === 1, ...(isFirst ? { leftoversInMs } : {}) };
  }

  get #ordersKey(): string {
    return `${this.#prefix}${sluiceKeys.orders}${this.#setup.pool}`;
  }

  get #poolsKey(): string {
    return `${this.#prefix}${sluiceKeys.pools}`;
  }

  get #lastHeartbeatsKey(): string {
    return `${this.#prefix}${sluiceKeys.lastHeartbeats}`;
  }

  get #prefix(): string {
    return this.#setup.keys[''] ?? '';
  }
}
