import { setTimeout as sleep } from 'node:timers/promises';
import { socketUrl } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { BenchRedis, type RedisMeter } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import type { StandstillFigures } from './wait-report.ts';
import { turn, waitQueue } from './turn-pool.ts';
import { WaiterGroup } from './waiter-group.ts';

export interface StandstillOptions {
  readonly waiters: number;
  readonly processes: number;
  /** How long to look, and before that to let all waiters ask once and find their pace. */
  readonly watchMs: number;
}

/** What waiting producers make Redis do while no capacity is freed. */
export async function measureStandstill(options: StandstillOptions, hooks: BenchHooks): Promise<StandstillFigures> {
  const { waiters, processes, watchMs } = options;
  const { signal } = hooks;
  await using redis = await BenchRedis.start(hooks);
  const place = { socketPath: redis.socketPath, capacity: 1 };
  await using producer = await connectProducer(waitQueue(1), { redis: socketUrl(redis.socketPath) });
  await producer.put(turn, null);
  await using _group = await WaiterGroup.start({ ...place, waiters, processes });
  const { meter } = redis;

  await sleep(watchMs, undefined, { signal });
  const before = await reading(meter);
  await sleep(watchMs, undefined, { signal });
  const after = await reading(meter);
  const perSecond = (field: keyof Reading): number =>
    ((after[field] - before[field]) * 1_000) / (after.atMs - before.atMs);
  return {
    waiters,
    processes,
    commandsPerSecond: perSecond('commands'),
    scriptsPerSecond: perSecond('scripts'),
    redisCpuUsPerSecond: perSecond('cpuUs'),
  };
}

interface Reading {
  readonly atMs: number;
  readonly commands: number;
  readonly scripts: number;
  readonly cpuUs: number;
}

async function reading(meter: RedisMeter): Promise<Reading> {
  const [commands, scripts, cpuUs] = await Promise.all([meter.commands(), meter.scripts(), meter.cpuUs()]);
  return { atMs: performance.now(), commands, scripts, cpuUs };
}
