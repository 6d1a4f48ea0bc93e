import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { capacityKeys } from '../admission/admission-keys.ts';
import { ourScript } from '../scripts/scripts.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import { readOptions } from '../../job/read-options.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import type { TakeContext, Batch } from './lease-store.ts';
import { settleError } from './settle-error.ts';

const settleAndTake = new RedisScript(() => ourScript('settle-and-take'));
const takeOne = new RedisScript(() => ourScript('take-with-bullmq'));
const noteCompany = new RedisScript(() => ourScript('note-shared-process'));

export interface BatchScriptDeps {
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
  ends: 'none' | 'more' | 'empty' | 'limited' | 'needs-bullmq-script' | 'suspects',
  nextDueAtMs: string | null,
  fence: string | null,
  jobs: readonly (string | null)[],
  rare: readonly RareFields[],
  mustTrim: number,
  pauseForSuspects: number,
  limitedMs: number,
  holdsBack: number,
];

/** Whose take it was, and when it was sent. */
export interface TakeOrigin {
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly takenAtMs: number;
}

type Field = string | null | undefined;

const FIELDS_OF_JOB = 5;
const NOT_RARE: RareFields = [0, null, null, null];

const BATCH_KEYS = ['events', 'stalled', 'pc', 'marker', 'completed'] as const;
const NO_CONTEXT: TakeContext = { which: 'any', hasOthers: false, alone: null };
const TAKE_KEYS = 'wait active prioritized events stalled limiter delayed paused meta pc marker'.split(' ');

/** Calls the scripts by which a pool takes and completes jobs; below it is what reads their replies. */
export class BatchScript {
  readonly #deps: BatchScriptDeps;
  readonly #batchKeys: readonly string[];
  readonly #takeKeys: readonly string[];
  readonly #prefix: string;

  constructor(deps: BatchScriptDeps) {
    const { keys } = deps;
    const own = (names: readonly string[]): string[] => names.map((name) => keys[name] ?? '');
    this.#deps = deps;
    this.#prefix = keys[''] ?? '';
    const suspects = `${this.#prefix}${sluiceKeys.crashSuspects}`;
    this.#batchKeys = [...own(BATCH_KEYS), suspects, ...capacityKeys(keys)];
    this.#takeKeys = [...own(TAKE_KEYS), suspects];
  }

  run(batch: Batch): Promise<BatchScriptReply> {
    return this.#run(this.#deps.client, String(this.#deps.nowMs()), batch);
  }

  /** Takes up to `take` jobs. It is sent now but may run much later, so it uses Redis's time. */
  takeLater(client: Redis, take: number, context = NO_CONTEXT): Promise<BatchScriptReply> {
    return this.#run(client, '', { completions: [], take, offered: false, takeMost: take, context });
  }

  async #run(client: Redis, now: string, batch: Batch): Promise<BatchScriptReply> {
    const { completions, take, offered, takeMost, context } = batch;
    const { name, pool, leaseMs, keep, capacity } = this.#deps;
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
    const { client, name, pool, leaseMs } = this.#deps;
    const args = [this.#prefix, this.#deps.nowMs(), leaseMs, name, pool, ...contextArgs(context)];
    return (await takeOne.run(client, this.#takeKeys, args)) as readonly unknown[];
  }

  /** Notes that a delivery is alone in its process no more. */
  async noteCompany(delivery: Delivery): Promise<void> {
    const { client, keys } = this.#deps;
    await noteCompany.run(client, [keys['meta'] ?? ''], [this.#prefix, aloneArg(delivery)]);
  }
}

function contextArgs({ which, hasOthers, alone } = NO_CONTEXT): (string | number)[] {
  return [which, hasOthers ? 1 : 0, aloneArg(alone)];
}

function aloneArg(delivery: Delivery | null): string {
  return delivery ? `${delivery.deliveries} ${delivery.id}` : '';
}

/** How long the id is to be known, and the payload's digest; empty for a generated id. Another client may write anything. */
function memoryOf({ sluice }: StoredOptions): string {
  const { d: digest, i: windowMs } = sluice ?? {};
  const isGiven = typeof digest === 'string' && digest !== '' && Number.isSafeInteger(windowMs);
  return isGiven ? `${windowMs} ${digest}` : '';
}

/** What a code of complete-jobs.lua means for the job: null for completed, `needs-bullmq-script` for one that BullMQ's script must complete. */
export function settleRefusal(jobId: string, code: number): Error | 'needs-bullmq-script' | null {
  if (code === 0) return null;
  if (code === 1) return 'needs-bullmq-script';
  const refused = Object.assign(new Error(`the job cannot be completed (${code})`), { code });
  const error = settleError(jobId, refused);
  return error instanceof Error ? error : refused;
}

/** Reads the jobs in the answer of settle-and-take.lua. */
export function readTaken(reply: BatchScriptReply, origin: TakeOrigin): Taken {
  const [, ends, nextDueAtMs, fence, fields, rare, , , limitedMs, holdsBack] = reply;
  const deliveries: Delivery[] = [];
  for (let i = 0; i < fields.length; i += FIELDS_OF_JOB) {
    const place = deliveries.length + 1;
    const few = rare.length === 0 ? NOT_RARE : (rare.find(([at]) => at === place) ?? NOT_RARE);
    deliveries.push(readDelivery(fields, i, few, Number(fence) + place, origin));
  }
  const isLimited = ends === 'limited' || holdsBack === 1;
  const more = ends !== 'empty' && ends !== 'limited';
  return { deliveries, more, limitedMs, isLimited, nextDueAtMs: timeOf(nextDueAtMs) };
}

/** Reads the answer of take-with-bullmq.lua: `[fields and values in turn, id, rate limit's delay, next delayed job's time, fence]`. */
export function readTakenByBullmq(raw: readonly unknown[], origin: TakeOrigin): Taken {
  const [hash, id, limitedMs, nextDueAtMs, fence] = raw;
  if (!Array.isArray(hash)) {
    const waitMs = Math.max(Number(limitedMs) || 0, 0);
    return { deliveries: [], more: false, limitedMs: waitMs, isLimited: false, nextDueAtMs: timeOf(nextDueAtMs) };
  }
  const job = new Map<string, string>();
  for (let i = 0; i < hash.length; i += 2) job.set(String(hash[i]), String(hash[i + 1]));
  const get = (name: string): string | null => job.get(name) ?? null;
  // The other script reads a job before it counts the delivery.
  const numbers = [get('atm'), Number(get('ats') ?? 1) - 1, get('stc'), get('priority'), get('timestamp')].map(
    (number) => number ?? '',
  );
  const fields = [String(id), get('name'), get('data'), get('opts'), numbers.join(' ')];
  const rare: RareFields = [1, get('defa'), get('stacktrace'), get('rjk')];
  const delivery = readDelivery(fields, 0, rare, Number(fence), origin);
  return { deliveries: [delivery], more: true, limitedMs: 0, isLimited: false, nextDueAtMs: null };
}

function readDelivery(
  fields: readonly Field[],
  at: number,
  [, deferredFailure, stacks, schedulerId]: RareFields,
  fence: number,
  { pool, takenAtMs }: TakeOrigin,
): Delivery {
  const [attemptsMade, before, crashes, priority, createdAtMs] = (fields[at + 4] ?? '').split(' ');
  return {
    id: fields[at] ?? '',
    token: `${pool}:${fence}`,
    fence,
    name: fields[at + 1] ?? '',
    data: fields[at + 2] ?? '',
    options: readOptions(fields[at + 3]),
    attemptsMade: Number(attemptsMade) || 0,
    deliveries: (Number(before) || 0) + 1,
    crashes: Number(crashes) || 0,
    priority: Number(priority) || 0,
    createdAtMs: Number(createdAtMs) || 0,
    deferredFailure,
    schedulerId,
    stacks: stacks === null ? [] : readStacks(stacks),
    takenAtMs,
    slot: null,
    occupant: null,
    phase: 'starting',
  };
}

function timeOf(ms: unknown): number | null {
  return Math.floor(Number(ms) || 0) || null;
}

function readStacks(json: string): string[] {
  const stacks = readJson(json);
  return Array.isArray(stacks) ? stacks.filter((stack) => typeof stack === 'string') : [];
}

function readJson(json: Field): unknown {
  try {
    return json ? JSON.parse(json) : null;
  } catch {
    return null;
  }
}
