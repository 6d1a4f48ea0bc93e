import { startLocalRedis } from '@sluice/local-redis';
import { describeMachine } from '../machine.ts';
import { RedisMeter, socketOf } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { contenderFacts, type ContenderName, contenderNames } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { jobsOf, payloadSizes, type PutBenchOptions, shapes } from './put-plan.ts';
import { type PutReport, type PutSample, summarise } from './put-report.ts';
import type { RoundOrder } from './round-order.ts';

/**
 * Has each contender put the same jobs into the same private Redis, in turns: A B C A B C …, in every shape and with
 * every payload. The first round warms up and is not counted. Ends early, with fewer rounds, when time runs out.
 */
export async function runPutBench(options: PutBenchOptions, hooks: BenchHooks): Promise<PutReport> {
  await using redis = await startLocalRedis({ onProgress: hooks.onProgress });
  const socketPath = socketOf(redis);
  using meter = await RedisMeter.connect(socketPath);
  const machine = describeMachine(await meter.version());
  await using contenders = await startContenders(socketPath);

  const { rounds, samples } = await runRounds(options, hooks, () =>
    runRound(contenders.all, meter, options, hooks.signal),
  );
  const takenAt = new Date().toISOString();
  return { bench: 'put', takenAt, machine, rounds, jobs: options.jobs, rows: summarise(samples) };
}

async function startContenders(
  socketPath: string,
): Promise<AsyncDisposable & { readonly all: readonly ContenderProcess[] }> {
  await using stack = new AsyncDisposableStack();
  const all: ContenderProcess[] = [];
  for (const name of contenderNames) all.push(stack.use(await ContenderProcess.start(name, socketPath)));
  const kept = stack.move();
  return { all, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function runRound(
  contenders: readonly ContenderProcess[],
  meter: RedisMeter,
  options: PutBenchOptions,
  signal: AbortSignal,
): Promise<PutSample[]> {
  const samples: PutSample[] = [];
  for (const payload of payloadSizes) {
    for (const shape of shapes) {
      const order = { shape, payload, jobs: jobsOf(shape, options.jobs) };
      for (const contender of contenders) {
        signal.throwIfAborted();
        samples.push(await measureRun(contender, order, meter));
      }
    }
  }
  return samples;
}

/** One run on an empty Redis. Throws when not every job has arrived: what is not there was not measured. */
async function measureRun(contender: ContenderProcess, order: RoundOrder, meter: RedisMeter): Promise<PutSample> {
  await meter.empty();
  const before = await meter.cpuUs();
  const cost = await contender.run(order);
  const redisCpuUs = (await meter.cpuUs()) - before;
  await expectArrived(contender.name, order.jobs, meter);
  return { contender: contender.name, ...order, ...cost, redisCpuUs };
}

async function expectArrived(name: ContenderName, jobs: number, meter: RedisMeter): Promise<void> {
  const arrived = await meter.listLength(contenderFacts[name].waitKey);
  if (arrived !== jobs) throw new Error(`${name}: ${arrived} of ${jobs} jobs arrived`);
}
