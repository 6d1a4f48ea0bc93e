import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { percentile } from '../statistics.ts';
import { monotonicMs } from '../bench-process.ts';
import { type OrderOfAdmission, orderOfAdmission } from './order-of-admission.ts';
import { type Handled, startTurnPool } from './turn-pool.ts';
import type { AdmissionFigures } from './wait-report.ts';
import { type WaiterAccount, WaiterGroup } from './waiter-group.ts';

export interface AdmissionOptions {
  readonly waiters: number;
  readonly processes: number;
  /** How many times to free capacity for one job. Fewer when the time is up before. */
  readonly samples: number;
  readonly timeLimitMs: number;
}

/** The first jobs end before all waiters have come, and before anything is warm. */
const WARM_UP = 10;
/** Two calls of different processes this close may reach Redis in either order. */
const SLACK_MS = 10;

/** Frees a queue with a capacity of one again and again, while producers wait, and records which put gets in and how soon. */
export async function measureAdmission(options: AdmissionOptions, hooks: BenchHooks): Promise<AdmissionFigures> {
  const { waiters, processes } = options;
  await using redis = await BenchRedis.start(hooks);
  const place = { socketPath: redis.socketPath, capacity: 1 };
  const handled: Handled[] = [];
  await using group = await WaiterGroup.start({ ...place, waiters, processes });
  const allThereMs = monotonicMs();
  const account = await withPool({ ...options, ...hooks }, place, handled, group);

  const waits = waitsOf(handled, account).slice(WARM_UP);
  if (waits.length === 0) throw new Error(`no capacity was freed within ${options.timeLimitMs} ms`);
  return {
    waiters,
    processes,
    samples: waits.length,
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
    order: orderOf(handled, account, allThereMs),
  };
}

async function withPool(
  { samples, timeLimitMs, signal }: AdmissionOptions & BenchHooks,
  place: { socketPath: string; capacity: number },
  handled: Handled[],
  group: WaiterGroup,
): Promise<WaiterAccount> {
  const enough = Promise.withResolvers<void>();
  const onHandled = (one: Handled): void => {
    if (handled.push(one) > samples + WARM_UP) enough.resolve();
  };
  await using _pool = await startTurnPool({ ...place, concurrency: 1, workMs: [5, 20], onHandled });
  const timer = setTimeout(() => enough.resolve(), timeLimitMs);
  signal.addEventListener('abort', () => enough.reject(signal.reason), { once: true });
  try {
    await enough.promise;
    return await group.end();
  } finally {
    clearTimeout(timer);
  }
}

/** In a queue with a capacity of one, the next job that is handled is the one that was let in when the job before it ended. */
function waitsOf(handled: readonly Handled[], { admissions }: WaiterAccount): number[] {
  const admittedAtMs = new Map(admissions.map((admission) => [admission.id, admission.admittedAtMs]));
  return handled.flatMap(({ freedAtMs }, index) => {
    const next = admittedAtMs.get(handled[index + 1]?.id ?? '');
    return next === undefined ? [] : [next - freedAtMs];
  });
}

/** Only puts that were called when all waiters had come: the first put of a process takes longer. */
function orderOf(
  handled: readonly Handled[],
  { admissions, stillWaiting }: WaiterAccount,
  allThereMs: number,
): OrderOfAdmission {
  const calledAtMs = new Map(admissions.map((admission) => [admission.id, admission.calledAtMs]));
  const inOrder = handled.flatMap(({ id }) => calledAtMs.get(id) ?? []).filter((called) => called > allThereMs);
  const waiting = stillWaiting.filter((called) => called > allThereMs);
  return orderOfAdmission([...inOrder, ...waiting], waiting.length, SLACK_MS);
}
