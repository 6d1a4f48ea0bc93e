import { BenchProcess } from '../bench-process.ts';
import { type ContenderPlace, openPlace } from '../bunqueue/contender-place.ts';
import type { BunqueueInstall } from '../bunqueue/install-bunqueue.ts';
import { describeMachine } from '../machine.ts';
import { BenchRedis, type RedisMeter } from '../redis-meter.ts';
import { type BenchHooks, type Rounds, type RoundsOptions, runRounds } from '../run-rounds.ts';
import { type ContenderName, contenderNames, contenders, redisContenderNames } from './contenders/known-contenders.ts';
import { measureIdle } from './measure-idle.ts';
import type { TakeAnswer, TakeRequest } from './measured-run.ts';
import { jobsOf, KEEP_COUNT, type TakeBenchOptions, type TakeOrder } from './take-plan.ts';
import { summarise, type TakeReport, type TakeSample } from './take-report.ts';

/** A contender in a process of its own. */
interface ContenderProcess {
  readonly name: ContenderName;
  readonly place: ContenderPlace;
  readonly process: BenchProcess<TakeRequest, TakeAnswer>;
}

/** Which contenders work off what. */
interface TakeChoice extends RoundsOptions, Pick<TakeBenchOptions, 'jobs' | 'cases'> {
  readonly contenders: readonly ContenderName[];
  /** For those that run in Bun. */
  readonly bunqueue?: BunqueueInstall;
}

/** All contenders, bunqueue only when it was installed; and then how soon a handler starts on an idle queue. */
export async function runTakeBench(
  options: TakeBenchOptions,
  hooks: BenchHooks,
  bunqueue?: BunqueueInstall,
): Promise<TakeReport> {
  const { jobs, cases, idleSamples } = options;
  await using redis = await BenchRedis.start(hooks);
  const { socketPath, meter } = redis;
  const machine = describeMachine(await meter.version(), hooks.pinning);
  const chosen = bunqueue ? contenderNames : redisContenderNames;
  const { rounds, samples } = await sampleTakes(
    { ...options, contenders: chosen, ...(bunqueue && { bunqueue }) },
    redis,
    hooks,
  );
  hooks.onProgress('put to handler start on an idle queue');
  const idle = await measureIdle({ rounds, samples: idleSamples, socketPath, meter }, hooks);
  const takenAt = new Date().toISOString();
  return { bench: 'take', takenAt, machine, rounds, jobs, rows: summarise(cases, samples), idle };
}

/**
 * Has each contender work off the same jobs from the same private Redis, in turns: A B C A B C …, in every case. The
 * first round warms up and is not counted. Ends early, with fewer rounds, when time runs out.
 */
export async function sampleTakes(
  choice: TakeChoice,
  redis: BenchRedis,
  hooks: BenchHooks,
): Promise<Rounds<TakeSample>> {
  await using stack = new AsyncDisposableStack();
  const processes: ContenderProcess[] = [];
  for (const name of choice.contenders) {
    hooks.signal.throwIfAborted();
    const place = stack.use(await openPlace(redis, contenders[name].bunqueue, choice.bunqueue));
    const program = new URL('take-program.ts', import.meta.url);
    const options = { name, program, args: [name, place.address], ...(place.runtime && { runtime: place.runtime }) };
    processes.push({ name, place, process: stack.use(await BenchProcess.start(options)) });
  }
  return await runRounds(choice, hooks, () => runRound(processes, redis.meter, choice, hooks.signal));
}

async function runRound(
  processes: readonly ContenderProcess[],
  meter: RedisMeter,
  { cases, jobs: wanted }: TakeChoice,
  signal: AbortSignal,
): Promise<TakeSample[]> {
  const samples: TakeSample[] = [];
  for (const one of cases) {
    const jobs = jobsOf(one, wanted);
    for (const contender of processes) {
      signal.throwIfAborted();
      const cost = await measureRun(contender, { ...one, jobs }, meter);
      samples.push({ contender: contender.name, case: one, jobs, ...cost });
    }
  }
  return samples;
}

async function measureRun(
  contender: ContenderProcess,
  order: TakeOrder,
  meter: RedisMeter,
): Promise<Omit<TakeSample, 'contender' | 'case' | 'jobs'>> {
  const { name, place, process } = contender;
  await meter.empty();
  await process.ask({ type: 'prepare', order });
  const before = await place.cpuUs();
  const cost = await process.ask({ type: 'go' });
  const redisCpuUs = (await place.cpuUs()) - before;
  const left = await process.ask({ type: 'left' });
  await process.ask({ type: 'close' });
  if (cost === null || typeof cost === 'number') throw new Error(`${name}: nothing was prepared`);
  if (left !== 0) throw new Error(`${name}: ${JSON.stringify(left)} of ${order.jobs} jobs are left`);
  await expectDone(name, order.jobs, meter);
  return { ...cost, redisCpuUs };
}

/** What is still there was not measured; what is not kept, though its retention says so, cost the wrong thing. */
async function expectDone(name: ContenderName, jobs: number, meter: RedisMeter): Promise<void> {
  const { lists, completed } = contenders[name];
  for (const key of lists) {
    const left = await meter.listLength(key);
    if (left !== 0) throw new Error(`${name}: ${left} of ${jobs} jobs are left in ${key}`);
  }
  if (completed === null) return;
  const kept = await meter.sortedSetSize(completed);
  const expected = Math.min(jobs, KEEP_COUNT);
  if (kept !== expected) throw new Error(`${name}: ${kept} completed jobs are kept, not ${expected}`);
}
