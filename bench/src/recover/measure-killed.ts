import { setTimeout as sleep } from 'node:timers/promises';
import { socketUrl } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { BenchProcess, monotonicMs } from '../bench-process.ts';
import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { endless, endlessQueue, type ExpectStarted, type Started } from './recover-jobs.ts';

type PoolProcess = BenchProcess<ExpectStarted, Started[]>;

/** Workers are killed at a random time between two renewals of their leases. */
const KILL_WITHIN_MS = 3_000;

/**
 * Kills workers (SIGKILL), each while its one job runs, and waits until other, idle workers run these jobs: one each, because
 * a job whose worker died runs alone in its process until it has ended.
 *
 * @returns for each killed worker, milliseconds from the kill to the start of its job's handler elsewhere
 */
export async function measureKilled(count: number, hooks: BenchHooks): Promise<number[]> {
  const { signal } = hooks;
  signal.throwIfAborted();
  await using redis = await BenchRedis.start(hooks);
  const { socketPath } = redis;
  await using stack = new AsyncDisposableStack();
  const killed: PoolProcess[] = [];
  for (let index = 0; index < count; index += 1) killed.push(stack.use(await startPool('killed', socketPath, 1)));
  await using producer = await connectProducer(endlessQueue, { redis: socketUrl(socketPath) });
  for (let job = 0; job < count; job += 1) await producer.put(endless, null);
  const held = await Promise.all(killed.map((worker) => worker.ask({ started: 1 })));
  // The survivors start last, so that the workers to kill have all jobs.
  const survivors: PoolProcess[] = [];
  for (let index = 0; index < count; index += 1) survivors.push(stack.use(await startPool('survivor', socketPath, 1)));

  const killedAtMs = new Map<string, number>();
  const elsewhere = Promise.all(survivors.map((survivor) => survivor.ask({ started: 1 })));
  await Promise.all([
    elsewhere,
    ...killed.map(async (worker, index) => {
      await sleep(Math.random() * KILL_WITHIN_MS, undefined, { signal });
      killedAtMs.set(held[index]?.[0]?.id ?? '', monotonicMs());
      await worker[Symbol.asyncDispose]();
    }),
  ]);
  return (await elsewhere).flat().map(({ id, atMs }) => atMs - (killedAtMs.get(id) ?? Number.NaN));
}

function startPool(name: string, socketPath: string, slots: number): Promise<PoolProcess> {
  const program = new URL('pool-program.ts', import.meta.url);
  return BenchProcess.start({ name, program, args: [JSON.stringify({ socketPath, slots })] });
}
