import { BenchProcess, type ProcessCost } from '../bench-process.ts';
import { type ContenderPlace, openPlace } from '../bunqueue/contender-place.ts';
import type { BunqueueInstall } from '../bunqueue/install-bunqueue.ts';
import type { BenchRedis, RedisMeter } from '../redis-meter.ts';
import { type ContenderName, contenders } from './contenders/known-contenders.ts';
import type { RunOrder } from './drive-contender.ts';
import type { PutSample } from './put-report.ts';

/** What a contender's process is asked: to put the jobs of a run, and, where they are not in Redis, to delete or count them. */
export type PutRequest =
  | { readonly type: 'run'; readonly order: RunOrder }
  | { readonly type: 'empty' }
  | { readonly type: 'arrived' };
export type PutAnswer = ProcessCost & { readonly arrived?: number };

/** A contender in a process of its own. */
export class ContenderProcess implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #meter: RedisMeter;
  readonly #place: ContenderPlace;
  readonly #process: BenchProcess<PutRequest, PutAnswer>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    name: ContenderName,
    { meter }: BenchRedis,
    place: ContenderPlace,
    process: BenchProcess<PutRequest, PutAnswer>,
    stack: AsyncDisposableStack,
  ) {
    this.name = name;
    this.#meter = meter;
    this.#place = place;
    this.#process = process;
    this.#stack = stack;
  }

  static async start(name: ContenderName, redis: BenchRedis, install?: BunqueueInstall): Promise<ContenderProcess> {
    await using stack = new AsyncDisposableStack();
    const place = stack.use(await openPlace(redis, contenders[name].bunqueue, install));
    const program = new URL('contender-program.ts', import.meta.url);
    const options = { name, program, args: [name, place.address], ...(place.runtime && { runtime: place.runtime }) };
    const process = stack.use(await BenchProcess.start<PutRequest, PutAnswer>(options));
    return new ContenderProcess(name, redis, place, process, stack.move());
  }

  /** One run where no job is. Throws when not every job has arrived: what is not there was not measured. */
  async measure(order: RunOrder): Promise<PutSample> {
    await this.#meter.empty();
    await this.#process.ask({ type: 'empty' });
    const before = await this.#place.cpuUs();
    const cost = await this.#process.ask({ type: 'run', order });
    const redisCpuUs = (await this.#place.cpuUs()) - before;
    const arrived = await this.#arrived();
    if (arrived !== order.jobs) throw new Error(`${this.name}: ${arrived} of ${order.jobs} jobs arrived`);
    return { contender: this.name, ...order, ...cost, redisCpuUs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #arrived(): Promise<number> {
    const { waitKey } = contenders[this.name];
    if (waitKey !== null) return this.#meter.listLength(waitKey);
    const { arrived = 0 } = await this.#process.ask({ type: 'arrived' });
    return arrived;
  }
}
