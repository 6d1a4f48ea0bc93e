import { startLocalRedis } from '@sluice/local-redis';
import { describeMachine } from '../machine.ts';
import { RedisMeter, socketOf } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { measureIdle } from './measure-idle.ts';
import { contenderFacts, type ContenderName, contenderNames } from './take-contender.ts';
import { jobsOf, keepCount, type TakeBenchOptions } from './take-plan.ts';
import { TakeProcess } from './take-process.ts';
import { summarise, type TakeReport, type TakeSample } from './take-report.ts';
import type { TakeOrder } from './take-order.ts';

/**
 * Has each contender work off the same jobs from the same private Redis, in turns: A B C A B C …, in every case. The
 * first round warms up and is not counted. Ends early, with fewer rounds, when time runs out.
 */
export async function runTakeBench(options: TakeBenchOptions, hooks: BenchHooks): Promise<TakeReport> {
  const { jobs, cases, idleSamples } = options;
  const { signal } = hooks;
  await using redis = await startLocalRedis({ onProgress: hooks.onProgress });
  const socketPath = socketOf(redis);
  using meter = await RedisMeter.connect(socketPath);
  const machine = describeMachine(await meter.version());
  await using stack = new AsyncDisposableStack();
  const contenders: TakeProcess[] = [];
  for (const name of contenderNames) {
    signal.throwIfAborted();
    contenders.push(stack.use(await TakeProcess.start(name, socketPath)));
  }
  const { rounds, samples } = await runRounds(options, hooks, () => runRound(contenders, meter, options, signal));
  hooks.onProgress('put to handler start on an idle queue');
  const idle = await measureIdle({ rounds, samples: idleSamples, socketPath, meter }, hooks);
  const takenAt = new Date().toISOString();
  return { bench: 'take', takenAt, machine, rounds, jobs, rows: summarise(cases, samples), idle };
}

async function runRound(
  contenders: readonly TakeProcess[],
  meter: RedisMeter,
  options: TakeBenchOptions,
  signal: AbortSignal,
): Promise<TakeSample[]> {
  const samples: TakeSample[] = [];
  for (const one of options.cases) {
    const jobs = jobsOf(one, options.jobs);
    for (const contender of contenders) {
      signal.throwIfAborted();
      const cost = await measureRun(contender, { ...one, jobs }, meter);
      samples.push({ contender: contender.name, case: one, jobs, ...cost });
    }
  }
  return samples;
}

async function measureRun(
  contender: TakeProcess,
  order: TakeOrder,
  meter: RedisMeter,
): Promise<Omit<TakeSample, 'contender' | 'case' | 'jobs'>> {
  await meter.empty();
  await contender.prepare(order);
  const before = await meter.cpuUs();
  const cost = await contender.go();
  const redisCpuUs = (await meter.cpuUs()) - before;
  await contender.close();
  await expectDone(contender.name, order.jobs, meter);
  return { ...cost, redisCpuUs };
}

/** What is still there was not measured; what is not kept, though its retention says so, cost the wrong thing. */
async function expectDone(name: ContenderName, jobs: number, meter: RedisMeter): Promise<void> {
  const { lists, completed } = contenderFacts[name];
  for (const key of lists) {
    const left = await meter.listLength(key);
    if (left !== 0) throw new Error(`${name}: ${left} of ${jobs} jobs are left in ${key}`);
  }
  if (completed === null) return;
  const kept = await meter.sortedSetSize(completed);
  const expected = Math.min(jobs, keepCount);
  if (kept !== expected) throw new Error(`${name}: ${kept} completed jobs are kept, not ${expected}`);
}
