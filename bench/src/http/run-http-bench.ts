import { describeMachine } from '../machine.ts';
import { BenchRedis } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { httpContenderNames } from './contenders/known-contenders.ts';
import { type HttpBenchOptions, jobsOf, type Load, loads, logSettings } from './http-plan.ts';
import { type HttpReport, type HttpSample, summariseHttp } from './http-report.ts';
import { type LoadGenerator, MeasuredServer, startLoadGenerator } from './measure-server.ts';

/**
 * Has each server put the same jobs into the same private Redis, in turns, over one and over 50 connections, with and without a log of
 * requests; and ours as lines of one request.
 */
export async function runHttpBench(options: HttpBenchOptions, hooks: BenchHooks): Promise<HttpReport> {
  await using redis = await BenchRedis.start(hooks);
  const machine = describeMachine(await redis.meter.version(), hooks.pinning);
  await using stack = new AsyncDisposableStack();
  const generator = stack.use(await startLoadGenerator(redis));
  const servers: MeasuredServer[] = [];
  for (const log of logSettings)
    for (const name of httpContenderNames) {
      hooks.signal.throwIfAborted();
      servers.push(stack.use(await MeasuredServer.start({ name, log }, redis)));
    }
  const { rounds, samples } = await runRounds(options, hooks, () =>
    runRound(servers, { generator, jobs: options.jobs, signal: hooks.signal }),
  );
  const takenAt = new Date().toISOString();
  return { bench: 'http', takenAt, machine, rounds, jobs: options.jobs, rows: summariseHttp(samples) };
}

async function runRound(
  servers: readonly MeasuredServer[],
  { generator, jobs, signal }: { generator: LoadGenerator; jobs: number; signal: AbortSignal },
): Promise<HttpSample[]> {
  const samples: HttpSample[] = [];
  for (const load of loads) {
    for (const server of servers.filter((each) => takes(each, load))) {
      signal.throwIfAborted();
      samples.push(await server.measure(generator, { load, jobs: jobsOf(load, jobs) }));
    }
  }
  return samples;
}

function takes({ name }: MeasuredServer, load: Load): boolean {
  return load !== 'lines' || name === 'sluice';
}
