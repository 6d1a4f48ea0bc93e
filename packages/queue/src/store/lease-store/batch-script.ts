import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { capacityKeys } from '../admission/admission-keys.ts';
import { ourScript } from '../scripts/scripts.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import type { Delivery } from '../../job/delivery.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import type { TakeContext, Batch } from './lease-store.ts';

const settleAndTake = new RedisScript(() => ourScript('settle-and-take'));
const takeOne = new RedisScript(() => ourScript('take-with-bullmq'));
const noteCompany = new RedisScript(() => ourScript('note-shared-process'));

export interface BatchScriptOptions {
  readonly client: Redis;
  readonly keys: KeysMap;
  /** Shown by BullMQ's tools as the worker that ran a job. */
  readonly name: string;
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly leaseMs: number;
  readonly keep: { readonly count: number; readonly ageMs: number };
  readonly capacity: number;
  /** Redis's time. */
  readonly nowMs: () => number;
}

/** What few jobs have: place in the answer from 1, reason to fail without a run, stack traces, job scheduler. */
export type RareFields = readonly [
  place: number,
  deferredFailure: string | null,
  stacks: string | null,
  scheduler: string | null,
];

/** The answer of settle-and-take.lua; see there. */
export type BatchScriptReply = readonly [
  codes: readonly number[],
  ends: 'none' | 'more' | 'empty' | 'needs-bullmq-script' | 'suspects',
  nextDueAtMs: string | null,
  fence: string | null,
  jobs: readonly (string | null)[],
  rare: readonly RareFields[],
  mustTrim: number,
  makesRoom: number,
];

const BATCH_KEYS = ['events', 'stalled', 'pc', 'marker', 'completed'] as const;
const NO_CONTEXT: TakeContext = { which: 'any', isBeside: false, alone: null };
const TAKE_KEYS = 'wait active prioritized events stalled limiter delayed paused meta pc marker'.split(' ');

/** Calls the scripts by which a pool takes and completes jobs. */
export class BatchScript {
  readonly #options: BatchScriptOptions;
  readonly #batchKeys: readonly string[];
  readonly #takeKeys: readonly string[];
  readonly #prefix: string;

  constructor(options: BatchScriptOptions) {
    const { keys } = options;
    const own = (names: readonly string[]): string[] => names.map((name) => keys[name] ?? '');
    this.#options = options;
    this.#prefix = keys[''] ?? '';
    const suspects = `${this.#prefix}${sluiceKeys.crashSuspects}`;
    this.#batchKeys = [...own(BATCH_KEYS), suspects, ...capacityKeys(keys)];
    this.#takeKeys = [...own(TAKE_KEYS), suspects];
  }

  run(batch: Batch): Promise<BatchScriptReply> {
    return this.#run(this.#options.client, String(this.#options.nowMs()), batch);
  }

  /** Takes up to so many jobs. Sent now, it may run much later, so the time is Redis's. */
  takeLater(client: Redis, take: number, context = NO_CONTEXT): Promise<BatchScriptReply> {
    return this.#run(client, '', { completions: [], take, offered: false, takeMost: take, context });
  }

  async #run(client: Redis, now: string, batch: Batch): Promise<BatchScriptReply> {
    const { completions, take, offered, takeMost, context } = batch;
    const { name, pool, leaseMs, keep, capacity } = this.#options;
    const args: (string | number)[] = [this.#prefix, now, leaseMs, name, pool, take, offered ? 1 : 0, takeMost];
    // BullMQ counts ages in seconds.
    args.push(keep.count, Math.ceil(keep.ageMs / 1_000), `${this.#prefix}${sluiceKeys.wake}`, capacity);
    args.push(...contextArgs(context));
    for (const { delivery, result } of completions) {
      args.push(delivery.id, delivery.token, result, memoryOf(delivery.options));
    }
    return (await settleAndTake.run(client, this.#batchKeys, args)) as BatchScriptReply;
  }

  /** BullMQ's own take: `[fields and values in turn, id, rate limit's delay, next delayed job's time, fence]`. */
  async takeOne(context?: TakeContext): Promise<readonly unknown[]> {
    const { client, name, pool, leaseMs } = this.#options;
    const args = [this.#prefix, this.#options.nowMs(), leaseMs, name, pool, ...contextArgs(context)];
    return (await takeOne.run(client, this.#takeKeys, args)) as readonly unknown[];
  }

  /** Notes that a delivery is alone in its process no more. */
  async noteCompany(delivery: Delivery): Promise<void> {
    const { client, keys } = this.#options;
    await noteCompany.run(client, [keys['meta'] ?? ''], [this.#prefix, aloneArg(delivery)]);
  }
}

function contextArgs({ which, isBeside, alone } = NO_CONTEXT): (string | number)[] {
  return [which, isBeside ? 1 : 0, aloneArg(alone)];
}

function aloneArg(delivery: Delivery | null): string {
  return delivery ? `${delivery.deliveries} ${delivery.id}` : '';
}

/** How long the id is to be known, and the payload's digest; empty for an id that nobody gave. Another client may write anything. */
function memoryOf({ sluice }: StoredOptions): string {
  const { d: digest, i: windowMs } = sluice ?? {};
  const isGiven = typeof digest === 'string' && digest !== '' && Number.isSafeInteger(windowMs);
  return isGiven ? `${windowMs} ${digest}` : '';
}
