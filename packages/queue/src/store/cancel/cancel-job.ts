import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type AdministeredQueue, wakeArguments } from '../admission/wake-arguments.ts';
import type { RedisOperation } from '../connection/redis-connection.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/**
 * What became of a cancel.
 *
 * - `removed`: the job had not started, or waited for its next attempt. It is gone, its capacity is free.
 * - `aborted`: it ran. Its signal was aborted, and its worker settled it as cancelled: it is dead, with the code SLUICE_JOB_CANCELLED.
 * - `ended`: too late. It had completed or was dead, or its handler came to an end before it was stopped. It stays as it is.
 * - `unconfirmed`: its worker did not answer in time. It goes on; only if the worker heard of the cancel in the last moment, it is
 *   still cancelled.
 * - `refused`: it waits for its children, or is the next iteration of a job scheduler. It stays as it is.
 * - `unknown`: no such job is kept; it may never have been put, or have been cancelled before.
 */
export type CancelOutcome = 'removed' | 'aborted' | 'ended' | 'unconfirmed' | 'refused' | 'unknown';

export interface CancelWait {
  /** How long the worker of a running job may take, in ms; 0: it is not asked. */
  readonly waitMs: number;
  /** For the handler, and for the dead letter. */
  readonly reason: string;
  /** How far from each end of the list of waiting jobs it is looked for; what lies deeper leaves a tombstone. @default 5_000 */
  readonly lookMax?: number;
  /** When the job was put that is meant, in ms, where that is known. */
  readonly putAt?: string;
}

type Reply = readonly [
  state: Exclude<CancelOutcome, 'unconfirmed'> | 'gone' | 'running',
  putAt?: string | null,
  fence?: string | null,
  orders?: string | null,
];

/** The delivery that has an order. */
interface Ordered {
  readonly fence: string;
  readonly orders: string;
}

const script = new RedisScript(() => ourScript('cancel-job'));
const LOOK_MAX = 5_000;
const LOOK_EVERY_MS = 50;
/** An order outlives the wait by so much only if its client is gone and cannot take it back. */
const ORDER_MARGIN_MS = 1_000;
/** A job that is gone from Redis at once may be confirmed so much later. */
const CONFIRM_MS = 500;

/**
 * Removes a job that waits, or has its pool abort it. A job that is given back meanwhile, to be retried or because its worker died, is
 * followed until the time is over; a later job of the same id is not touched.
 *
 * @param id as it is stored
 */
export async function cancelJob(
  call: <T>(operation: RedisOperation<T>) => Promise<T>,
  queue: AdministeredQueue,
  id: string,
  { waitMs, reason, putAt: meant = '', lookMax = LOOK_MAX }: CancelWait,
): Promise<CancelOutcome> {
  const endsAtMs = performance.now() + waitMs;
  const orderMs = waitMs === 0 ? 0 : Math.ceil(waitMs + ORDER_MARGIN_MS);
  let seen = meant;
  let ordered: Ordered | null = null;
  let goneSinceMs = Infinity;
  for (;;) {
    const leftMs = endsAtMs - performance.now();
    const request: Request = {
      id,
      seen,
      fence: ordered?.fence ?? '',
      orderMs: leftMs > 0 ? orderMs : 0,
      reason,
      lookMax,
    };
    const [state, putAt, fence, orders]: Reply = await call((client) => run(client, queue, request));
    if (state === 'gone') goneSinceMs = Math.min(goneSinceMs, performance.now());
    else if (state !== 'running') return state;
    if (state === 'gone' && performance.now() - goneSinceMs >= (ordered ? CONFIRM_MS : 0)) return 'ended';
    if (state === 'running') {
      seen ||= putAt ?? '';
      if (fence && orders) ordered = { fence, orders };
      if (leftMs <= 0) {
        if (ordered) await takeBack(call, ordered);
        return 'unconfirmed';
      }
    }
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(leftMs, 1)));
  }
}

interface Request {
  readonly id: string;
  readonly seen: string;
  readonly fence: string;
  readonly orderMs: number;
  readonly reason: string;
  readonly lookMax: number;
}

async function run(client: Redis, queue: AdministeredQueue, request: Request): Promise<Reply> {
  const { keys } = queue;
  const base = keys[''] ?? '';
  const wake = wakeArguments(queue);
  const { id, seen, fence, orderMs, reason, lookMax } = request;
  const all = [`${base}${id}`, keys['repeat'] ?? '', ...wake.keys];
  return (await script.run(client, all, [id, base, seen, fence, orderMs, reason, ...wake.args, lookMax])) as Reply;
}

/** The order expires by itself; but a caller that was told `unconfirmed` may count on the job from now on. */
async function takeBack(
  call: <T>(operation: RedisOperation<T>) => Promise<T>,
  { orders, fence }: Ordered,
): Promise<void> {
  await call((client) => client.hdel(orders, fence)).catch(() => undefined);
}
