import { BenchProcess } from '../bench-process.ts';
import type { BenchRedis } from '../redis-meter.ts';
import { type HttpContenderName, httpContenders } from './contenders/known-contenders.ts';
import type { Load, LogSetting } from './http-plan.ts';
import type { HttpSample } from './http-report.ts';
import type { LoadOrder, LoadResult } from './send-load.ts';
import type { ServerRequest } from './server-program.ts';

/** The process that sends requests. */
export type LoadGenerator = BenchProcess<LoadOrder, LoadResult>;

/** Runs where Redis does: a server has the rest of the machine for itself, as it has where clients are elsewhere. */
export function startLoadGenerator({ pinning }: BenchRedis): Promise<LoadGenerator> {
  const program = new URL('load-program.ts', import.meta.url);
  const cpus = typeof pinning === 'object' ? { cpus: pinning.store } : {};
  return BenchProcess.start({ name: 'load generator', program, args: [], ...cpus });
}

/** A server in a process of its own. */
export class MeasuredServer implements AsyncDisposable {
  readonly name: HttpContenderName;
  readonly log: LogSetting;
  readonly #process: BenchProcess<ServerRequest, number>;
  readonly #redis: BenchRedis;
  readonly #port: number;

  private constructor(
    { name, log }: ServerChoice,
    { process, redis, port }: { process: BenchProcess<ServerRequest, number>; redis: BenchRedis; port: number },
  ) {
    this.name = name;
    this.log = log;
    this.#process = process;
    this.#redis = redis;
    this.#port = port;
  }

  static async start(choice: ServerChoice, redis: BenchRedis): Promise<MeasuredServer> {
    await using stack = new AsyncDisposableStack();
    const program = new URL('server-program.ts', import.meta.url);
    const args = [choice.name, choice.log, redis.socketPath];
    const options = { name: choice.name, program, args };
    const process = stack.use(await BenchProcess.start<ServerRequest, number>(options));
    const port = await process.ask({ type: 'port' });
    stack.move();
    return new MeasuredServer(choice, { process, redis, port });
  }

  /** One run where no job is. Throws when not every job has arrived: what is not there was not measured. */
  async measure(generator: LoadGenerator, { load, jobs }: { load: Load; jobs: number }): Promise<HttpSample> {
    const { waitKey, path } = httpContenders[this.name];
    const { meter } = this.#redis;
    await meter.empty();
    await this.#process.ask({ type: 'collect' }); // what earlier runs left is not this one's
    const serverBefore = await this.#process.ask({ type: 'cpu' });
    const redisBefore = await meter.cpuUs();
    const result = await generator.ask({ origin: `http://127.0.0.1:${this.#port}`, path, load, jobs });
    const redisCpuUs = (await meter.cpuUs()) - redisBefore;
    const nodeCpuUs = (await this.#process.ask({ type: 'cpu' })) - serverBefore;
    const arrived = await meter.listLength(waitKey);
    if (arrived !== jobs) throw new Error(`${this.name}: ${arrived} of ${jobs} jobs arrived`);
    return { contender: this.name, log: this.log, load, jobs, ...result, nodeCpuUs, redisCpuUs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

export interface ServerChoice {
  readonly name: HttpContenderName;
  readonly log: LogSetting;
}
