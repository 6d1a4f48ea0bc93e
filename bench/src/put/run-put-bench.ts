import type { BunqueueInstall } from '../bunqueue/install-bunqueue.ts';
import { describeMachine } from '../machine.ts';
import { BenchRedis } from '../redis-meter.ts';
import { type BenchHooks, type Rounds, runRounds } from '../run-rounds.ts';
import { ContenderProcess } from './contender-process.ts';
import { type ContenderName, contenderNames, redisContenderNames } from './contenders/known-contenders.ts';
import { jobsOf, type PayloadSize, payloadSizes, type PutBenchOptions, shapes } from './put-plan.ts';
import { type PutReport, type PutSample, summarise } from './put-report.ts';

/** Which contenders put what. */
interface PutChoice extends PutBenchOptions {
  readonly contenders: readonly ContenderName[];
  readonly payloads: readonly PayloadSize[];
  /** For those that run in Bun. */
  readonly bunqueue?: BunqueueInstall;
}

/** All payloads and contenders there are; bunqueue only when it was installed. */
export async function runPutBench(
  options: PutBenchOptions,
  hooks: BenchHooks,
  bunqueue?: BunqueueInstall,
): Promise<PutReport> {
  await using redis = await BenchRedis.start(hooks);
  const machine = describeMachine(await redis.meter.version(), hooks.pinning);
  const contenders = bunqueue ? contenderNames : redisContenderNames;
  const choice = { ...options, contenders, payloads: payloadSizes, ...(bunqueue && { bunqueue }) };
  const { rounds, samples } = await samplePuts(choice, redis, hooks);
  const takenAt = new Date().toISOString();
  return { bench: 'put', takenAt, machine, rounds, jobs: options.jobs, rows: summarise(samples) };
}

/**
 * Has each contender put the same jobs into the same private Redis, in turns: A B C A B C …, in every shape and with
 * every payload. The first round warms up and is not counted. Ends early, with fewer rounds, when time runs out.
 */
export async function samplePuts(choice: PutChoice, redis: BenchRedis, hooks: BenchHooks): Promise<Rounds<PutSample>> {
  await using stack = new AsyncDisposableStack();
  const processes: ContenderProcess[] = [];
  for (const name of choice.contenders) {
    hooks.signal.throwIfAborted();
    processes.push(stack.use(await ContenderProcess.start(name, redis, choice.bunqueue)));
  }
  return await runRounds(choice, hooks, () => runRound(processes, choice, hooks.signal));
}

async function runRound(
  processes: readonly ContenderProcess[],
  { payloads, jobs }: PutChoice,
  signal: AbortSignal,
): Promise<PutSample[]> {
  const samples: PutSample[] = [];
  for (const payload of payloads) {
    for (const shape of shapes) {
      const order = { shape, payload, jobs: jobsOf(shape, jobs) };
      for (const contender of processes) {
        signal.throwIfAborted();
        samples.push(await contender.measure(order));
      }
    }
  }
  return samples;
}
