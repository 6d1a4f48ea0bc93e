import type { PoolHealth } from '@sluice/queue';

/** How a worker process is doing: its pools together, and each by the name of its queue. */
export interface WorkerHealth extends PoolHealth {
  /** Each pool's own. */
  readonly queues: Readonly<Record<string, PoolHealth>>;
}

/** Numbers that tell nothing when they are added up. */
const LONGEST = ['sinceTurnMs', 'leaseOverdueMs', 'loopLagMs'] as const;

/** Live and ready when every pool is; counts are added up, and of times the longest counts. */
export function mergeHealth(queues: Readonly<Record<string, PoolHealth>>): WorkerHealth {
  const pools = Object.values(queues);
  const [first, ...others] = pools;
  if (!first) throw new RangeError('a worker has a pool');
  const together = others.reduce<PoolHealth>(addUp, first);
  return { ...together, queues };
}

function addUp(a: PoolHealth, b: PoolHealth): PoolHealth {
  const sums = Object.fromEntries(
    Object.entries(a).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value + numberOf(b, name)]] : [],
    ),
  );
  const longest = Object.fromEntries(LONGEST.map((name) => [name, Math.max(a[name], b[name])]));
  return {
    ...a,
    ...sums,
    ...longest,
    state: a.state === 'running' ? b.state : a.state,
    live: a.live && b.live,
    ready: a.ready && b.ready,
    redis: a.redis === 'away' ? a.redis : b.redis,
    leaseThread: a.leaseThread === 'away' ? a.leaseThread : b.leaseThread,
    unserved: [...a.unserved, ...b.unserved],
  };
}

function numberOf(health: PoolHealth, name: string): number {
  const value: unknown = health[name as keyof PoolHealth];
  return typeof value === 'number' ? value : 0;
}
