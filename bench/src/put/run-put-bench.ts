import { BenchProcess, type ProcessCost } from '../bench-process.ts';
import { describeMachine } from '../machine.ts';
import { BenchRedis, type RedisMeter } from '../redis-meter.ts';
import { type BenchHooks, type Rounds, runRounds } from '../run-rounds.ts';
import { type ContenderName, contenderNames, contenders } from './contenders/known-contenders.ts';
import type { RunOrder } from './drive-contender.ts';
import { jobsOf, type PayloadSize, payloadSizes, type PutBenchOptions, shapes } from './put-plan.ts';
import { type PutReport, type PutSample, summarise } from './put-report.ts';

/** A contender in a process of its own. */
interface ContenderProcess {
  readonly name: ContenderName;
  readonly process: BenchProcess<RunOrder, ProcessCost>;
}

/** Which contenders put what. */
interface PutChoice extends PutBenchOptions {
  readonly contenders: readonly ContenderName[];
  readonly payloads: readonly PayloadSize[];
}

/** All contenders and payloads there are. */
export async function runPutBench(options: PutBenchOptions, hooks: BenchHooks): Promise<PutReport> {
  await using redis = await BenchRedis.start(hooks.onProgress);
  const machine = describeMachine(await redis.meter.version());
  const choice = { ...options, contenders: contenderNames, payloads: payloadSizes };
  const { rounds, samples } = await samplePuts(choice, redis, hooks);
  const takenAt = new Date().toISOString();
  return { bench: 'put', takenAt, machine, rounds, jobs: options.jobs, rows: summarise(samples) };
}

/**
 * Has each contender put the same jobs into the same private Redis, in turns: A B C A B C …, in every shape and with
 * every payload. The first round warms up and is not counted. Ends early, with fewer rounds, when time runs out.
 */
export async function samplePuts(
  choice: PutChoice,
  { socketPath, meter }: BenchRedis,
  hooks: BenchHooks,
): Promise<Rounds<PutSample>> {
  await using stack = new AsyncDisposableStack();
  const processes: ContenderProcess[] = [];
  for (const name of choice.contenders) {
    hooks.signal.throwIfAborted();
    const program = new URL('contender-program.ts', import.meta.url);
    const args = [name, socketPath];
    processes.push({ name, process: stack.use(await BenchProcess.start({ name, program, args })) });
  }
  return await runRounds(choice, hooks, () => runRound(processes, meter, choice, hooks.signal));
}

async function runRound(
  processes: readonly ContenderProcess[],
  meter: RedisMeter,
  { payloads, jobs }: PutChoice,
  signal: AbortSignal,
): Promise<PutSample[]> {
  const samples: PutSample[] = [];
  for (const payload of payloads) {
    for (const shape of shapes) {
      const order = { shape, payload, jobs: jobsOf(shape, jobs) };
      for (const contender of processes) {
        signal.throwIfAborted();
        samples.push(await measureRun(contender, order, meter));
      }
    }
  }
  return samples;
}

/** One run on an empty Redis. Throws when not every job has arrived: what is not there was not measured. */
async function measureRun({ name, process }: ContenderProcess, order: RunOrder, meter: RedisMeter): Promise<PutSample> {
  await meter.empty();
  const before = await meter.cpuUs();
  const cost = await process.ask(order);
  const redisCpuUs = (await meter.cpuUs()) - before;
  await expectArrived(name, order.jobs, meter);
  return { contender: name, ...order, ...cost, redisCpuUs };
}

async function expectArrived(name: ContenderName, jobs: number, meter: RedisMeter): Promise<void> {
  const arrived = await meter.listLength(contenders[name].waitKey);
  if (arrived !== jobs) throw new Error(`${name}: ${arrived} of ${jobs} jobs arrived`);
}
