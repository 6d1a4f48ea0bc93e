import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { EventPolicy, QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { readEventPolicy } from '../results/event-policy.ts';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { type CapacityOrigin, readOrigin } from './capacity-origin.ts';
import { drainPerSecond, endsWindowMs } from './drain-rate.ts';

/** The numbers of a queue at one instant. */
export interface QueueStats {
  /** Unfinished jobs: the sum of the five counts below. */
  depth: number;
  /** The most unfinished jobs that the queue may hold now. */
  capacity: number;
  /** Whose number that is: set at run time, or of which definition. */
  capacityFrom: CapacityOrigin;
  /** Jobs above the capacity: put by foreign BullMQ clients, or left when the capacity was lowered. */
  over: number;
  /** Jobs that can be taken now, without a priority. */
  waiting: number;
  /** Jobs with a priority that can be taken now. */
  prioritized: number;
  /** Jobs whose delay or backoff is not over. */
  delayed: number;
  /** Jobs that a worker has. */
  active: number;
  /** Parents of flows that wait for their children. */
  waitingChildren: number;
  /**
   * Jobs among the delayed ones that a worker has put aside because it could not run them: it has no handler for them, or an older
   * version of their contract. One that was removed meanwhile counts until its delay would have been over.
   */
  unserved: number;
  /** Finished jobs that are kept. */
  completed: number;
  /** Dead jobs that are kept. */
  dead: number;
  /** Jobs that drop policies have dropped since the queue was made, kept or not. */
  dropped: number;
  /** Puts of this producer that wait for capacity. */
  waitingPuts: number;
  /**
   * Who waits for capacity in all processes: how many producers, and how many puts they wait with. Each asks for at most
   * 100 puts at a time, and has those behind them in its own memory. Counted up to 1,024 calls.
   */
  waiters: { producers: number; puts: number };
  /** Pools that serve the queue: a worker process has one for each queue. One that died counts for a lease longer. */
  pools: number;
  /** Whether the queue takes no puts from outside. */
  sealed: boolean;
  /** Whether workers take no jobs. */
  paused: boolean;
  /** Which events of its jobs the queue writes. */
  events: EventPolicy;
  /**
   * How long the oldest job at a head of the queue has waited for a worker, in milliseconds by Redis's clock; null when
   * none waits. Looked at are: the next job of the waiting list, the next of the most urgent and the next of the least
   * urgent prioritized jobs, and the delayed job that is due longest. A job waits since it was put, or since its delay
   * was over; one that comes back counts from the start of its last attempt. Jobs further back may be older when jobs
   * were added at the front, as retries and LIFO do.
   */
  oldestMs: number | null;
  /**
   * Jobs that ended for good per second, over the last minute, or over as much of it as the queue keeps ended jobs for.
   * Null when it keeps no completed, or no dead ones.
   */
  drainPerSecond: number | null;
}

/** What is the same for every client. */
export type CommonStats = Omit<QueueStats, 'waitingPuts'>;

const KEYS = [
  'wait',
  'paused',
  'prioritized',
  'delayed',
  'active',
  'waiting-children',
  'completed',
  'failed',
  'meta',
] as const;
const OWN_KEYS = [sluiceKeys.waiters, sluiceKeys.tickets, sluiceKeys.pools, sluiceKeys.unserved] as const;

const script = new RedisScript(() => ourScript('read-stats'));

/** Reads everything at one instant. Nothing in it grows with the queue's length. */
export async function readStats(
  client: Redis,
  keys: KeysMap,
  queue: Pick<QueueDefinition, 'capacity' | 'keep'>,
): Promise<CommonStats> {
  const base = keys[''] ?? '';
  const all = [...KEYS.map((name) => keys[name] ?? ''), ...OWN_KEYS.map((name) => base + name)];
  const { completed: kept, dead: keptDead } = queue.keep;
  const args = [base, endsWindowMs(kept), endsWindowMs(keptDead), queue.capacity];
  const reply = await script.run(client, all, args);
  const values = reply as (number | string | null)[];
  const at = (index: number): number => Number(values[index] ?? 0);

  const counts = {
    waiting: at(0) + at(1),
    prioritized: at(2),
    delayed: at(3),
    active: at(4),
    waitingChildren: at(5),
  };
  const depth = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const capacity = at(8);
  const [completed, dead] = [at(6), at(7)];
  return {
    depth,
    capacity,
    capacityFrom: readOrigin(values[16], values[17], values[18], values[19]),
    over: Math.max(0, depth - capacity),
    ...counts,
    unserved: at(24),
    completed,
    dead,
    dropped: at(15),
    waiters: { producers: at(21), puts: at(22) },
    pools: at(23),
    sealed: values[9] === '1',
    paused: values[20] !== null && values[20] !== undefined,
    events: readEventPolicy(values[25]),
    oldestMs: at(10) < 0 ? null : at(10),
    drainPerSecond: drainPerSecond([
      { keep: kept, held: completed, counted: at(11), oldestMs: at(12) },
      { keep: keptDead, held: dead, counted: at(13), oldestMs: at(14) },
    ]),
  };
}
