import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { roomKeys } from '../../backend/admission-keys.ts';
import { settleAndTakeScript, takeOneScript } from '../../backend/scripts.ts';
import { sluiceKeys } from '../../redis/queue-keys.ts';
import { RedisScript } from '../../redis/redis-script.ts';
import type { StoredOptions } from '../delivery.ts';
import type { Turn } from '../lease-store.ts';

const settleAndTake = new RedisScript(settleAndTakeScript);
const takeOne = new RedisScript(takeOneScript);

export interface TurnScriptOptions {
  readonly client: Redis;
  readonly keys: KeysMap;
  /** Shown by BullMQ's tools as the worker that ran a job. */
  readonly name: string;
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly leaseMs: number;
  readonly keep: { readonly count: number; readonly ageMs: number };
  readonly capacity: number;
}

/** What few jobs have: place in the answer from 1, reason to fail without a run, stack traces, job scheduler. */
export type RareFields = readonly [
  place: number,
  doomed: string | null,
  stacks: string | null,
  scheduler: string | null,
];

/** The answer of settle-and-take.lua; see there. */
export type TurnReply = readonly [
  codes: readonly number[],
  ends: 'none' | 'more' | 'empty' | 'ask',
  nextDueAtMs: string | null,
  fence: string | null,
  jobs: readonly (string | null)[],
  rare: readonly RareFields[],
  mustTrim: number,
];

const TURN_KEYS = ['events', 'stalled', 'pc', 'marker', 'completed'] as const;
const TAKE_KEYS = 'wait active prioritized events stalled limiter delayed paused meta pc marker'.split(' ');

/** Calls the scripts by which a pool takes and completes jobs. */
export class TurnScript {
  readonly #options: TurnScriptOptions;
  readonly #turnKeys: readonly string[];
  readonly #takeKeys: readonly string[];
  readonly #prefix: string;

  constructor(options: TurnScriptOptions) {
    const { keys } = options;
    const own = (names: readonly string[]): string[] => names.map((name) => keys[name] ?? '');
    this.#options = options;
    this.#prefix = keys[''] ?? '';
    this.#turnKeys = [...own(TURN_KEYS), ...roomKeys(keys)];
    this.#takeKeys = own(TAKE_KEYS);
  }

  run(turn: Turn): Promise<TurnReply> {
    return this.#run(this.#options.client, String(Date.now()), turn);
  }

  /** Takes up to so many jobs. Sent now, it may run much later, so the time is Redis's. */
  takeLater(client: Redis, take: number): Promise<TurnReply> {
    return this.#run(client, '', { completions: [], take, offered: false, takeMost: take });
  }

  async #run(client: Redis, now: string, { completions, take, offered, takeMost }: Turn): Promise<TurnReply> {
    const { name, pool, leaseMs, keep, capacity } = this.#options;
    const args: (string | number)[] = [this.#prefix, now, leaseMs, name, pool, take, offered ? 1 : 0, takeMost];
    // BullMQ counts ages in seconds.
    args.push(keep.count, Math.ceil(keep.ageMs / 1_000), `${this.#prefix}${sluiceKeys.wake}`, capacity);
    for (const { delivery, result } of completions) {
      args.push(delivery.id, delivery.token, result, memoryOf(delivery.options));
    }
    return (await settleAndTake.run(client, this.#turnKeys, args)) as TurnReply;
  }

  /** BullMQ's own take: `[fields and values in turn, id, rate limit's delay, next delayed job's time, fence]`. */
  async takeOne(): Promise<readonly unknown[]> {
    const { client, name, pool, leaseMs } = this.#options;
    const args = [this.#prefix, Date.now(), leaseMs, name, pool];
    return (await takeOne.run(client, this.#takeKeys, args)) as readonly unknown[];
  }
}

/** How long the id is to be known, and the payload's digest; empty for an id that nobody gave. Another client may write anything. */
function memoryOf({ sluice }: StoredOptions): string {
  const { d: digest, i: windowMs } = sluice ?? {};
  const isGiven = typeof digest === 'string' && digest !== '' && Number.isSafeInteger(windowMs);
  return isGiven ? `${windowMs} ${digest}` : '';
}
