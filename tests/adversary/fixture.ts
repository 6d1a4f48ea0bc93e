import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, createWorkerPool, defineHandler, type WorkerPool } from '@sluice/queue';
import { HistoryTail, type HistoryRecorder, noneLost, openHistory, type Violation } from '@sluice/testing/history';
import type { TestServer } from '@sluice/testing/servers';
import { replayTransactions } from '@sluice/testing/transactions';
import type { Redis } from 'ioredis';
import { Processes } from '../bound/processes.ts';
import { burst, type BurstQueue, burstQueue } from './burst.ts';
import { noneDoubled, noneMistaken, readTags } from './checkers/final-tags.ts';
import { checkLog } from './checkers/check-log.ts';
import { expiringTooLate, outlivesPuts, leftKeys } from './checkers/left-keys.ts';
import type { ManyProducersOptions, BurstProgramOptions } from './programs/program-options.ts';
import { ScriptedProducer } from './scripted-producer.ts';
import { type BurstProducer, type PutEnd, recordedPut } from './recorded-put.ts';
import { until } from './until.ts';

export interface FixtureOptions {
  server: TestServer;
  queueName: string;
  capacity: number;
}

/** How long a call may take while Redis is healthy. Long, because a busy machine is not a fault. */
const UNAVAILABLE_MS = 60_000;

/** One queue with its producers, pools and history. Disposing of it ends all of them. */
export class Fixture implements AsyncDisposable {
  readonly queue: BurstQueue;
  readonly client: Redis;
  readonly history: HistoryRecorder;
  readonly processes: Processes;
  readonly #options: FixtureOptions;
  readonly #historyFile: string;
  readonly #tail: HistoryTail;
  readonly #stack: AsyncDisposableStack;
  #hasPool = false;
  #crash: Error | undefined;

  static async open(options: FixtureOptions): Promise<Fixture> {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'sluice-adversary-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const client = stack.adopt(await options.server.client(), (open) => open.disconnect());
    const file = join(dir, 'history.ndjson');
    const history = stack.use(openHistory(file));
    const processes = stack.use(new Processes(history, new URL('./programs/', import.meta.url)));
    return new Fixture(options, { client, history, file, processes, stack: stack.move() });
  }

  private constructor(
    options: FixtureOptions,
    parts: { client: Redis; history: HistoryRecorder; file: string; processes: Processes; stack: AsyncDisposableStack },
  ) {
    this.#options = options;
    this.queue = burstQueue(options.queueName, options.capacity);
    this.client = parts.client;
    this.history = parts.history;
    this.processes = parts.processes;
    this.#historyFile = parts.file;
    this.#tail = new HistoryTail(parts.file);
    this.#stack = parts.stack;
    parts.processes.crashed.catch((error: Error) => (this.#crash = error));
  }

  get hasPool(): boolean {
    return this.#hasPool;
  }

  /** A key of the queue. */
  key(part: string): string {
    return `bull:{${this.queue.name}}:${part}`;
  }

  /** A producer of this process. Its connections close with the fixture. */
  async producer(url = this.#options.server.url): Promise<BurstProducer> {
    return this.#stack.use(await connectProducer(this.queue, { redis: url, unavailableMs: UNAVAILABLE_MS }));
  }

  /** Puts from this process, and records it in the history. */
  put(producer: BurstProducer, tag: string, waitMs = Infinity): Promise<PutEnd> {
    return recordedPut(producer, this.history, { name: 'observer', tag, id: tag, waitMs });
  }

  /** Cancels a waiting job, which frees capacity. */
  async cancel(producer: BurstProducer, tag: string): Promise<void> {
    const answer = await producer.cancel(tag);
    if (answer !== 'removed') throw new Error(`${tag} could not be cancelled: ${answer}`);
    this.history.record({ type: 'settled', id: tag, worker: 'observer', outcome: 'dead' });
  }

  /** Starts a pool whose jobs take `workMs` each. */
  async pool(options: { concurrency?: number; workMs?: () => number; url?: string } = {}): Promise<WorkerPool> {
    const { concurrency = 2, workMs = () => 0, url = this.#options.server.url } = options;
    this.#hasPool = true;
    const handler = defineHandler(burst, async ({ payload, signal }) => {
      const ms = workMs();
      if (ms > 0) await sleep(ms, undefined, { signal });
      return payload;
    });
    const pool = this.#stack.use(createWorkerPool(this.queue, { [burst.name]: handler }, { redis: url, concurrency }));
    await pool.start();
    return pool;
  }

  /** A producer in a process of its own that performs the commands it is sent. */
  async scriptedProducer(name: string, options: Partial<BurstProgramOptions> = {}): Promise<ScriptedProducer> {
    const producer = new ScriptedProducer(
      this.processes.start('scripted-producer-program', { ...this.#programOptions(name), ...options }),
    );
    await this.until(`${name} is ready`, () => producer.isReady);
    return producer;
  }

  /** Starts processes with many producers each; resolves when all have put their jobs. */
  async manyProducers(
    groups: readonly (Omit<ManyProducersOptions, keyof BurstProgramOptions> & Partial<BurstProgramOptions>)[],
  ): Promise<void> {
    const programs = groups.map((group, index) =>
      this.processes.start('many-producers-program', {
        ...this.#programOptions(`group${index}`),
        ...group,
      } as ManyProducersOptions),
    );
    await Promise.race([Promise.all(programs.map(({ ended }) => ended)), this.processes.crashed]);
  }

  /** Whether the history says that this put resolved. */
  answered(tag: string): boolean {
    return this.#tail.read().facts.some((fact) => fact.type === 'put-answered' && fact.id === tag);
  }

  /** Whether this put has resolved or rejected. */
  isSettledFor(tag: string): boolean {
    return this.#tail
      .read()
      .facts.some(
        (fact) => fact.type !== 'put-sent' && fact.type.startsWith('put-') && 'id' in fact && fact.id === tag,
      );
  }

  countAnswered(): number {
    return this.#tail.read().facts.filter(({ type }) => type === 'put-answered').length;
  }

  /** The puts that were rejected, with their error codes. */
  refusals(): string[] {
    return this.#tail.read().facts.flatMap((fact) => ('code' in fact ? [`${fact.id} ${fact.code}`] : []));
  }

  /** Waits until `holds` is true. @throws the crash of a process of this fixture */
  async until(what: string, holds: () => unknown, withinMs?: number): Promise<void> {
    const look = (): unknown => {
      if (this.#crash) throw this.#crash;
      return holds();
    };
    await until(what, look, withinMs);
  }

  /** Waits until Redis has run what was written to its sockets before: it reads all ready sockets in one turn of its loop. */
  async untilSentIsDone(client = this.client): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) await client.ping();
  }

  async untilWaiting(tickets: number): Promise<void> {
    await this.until(
      `${tickets} tickets wait`,
      async () => (await this.client.zcard(this.key('sluice:waiters'))) === tickets,
    );
  }

  async untilUnfinished(jobs: number, withinMs?: number, client = this.client): Promise<void> {
    await this.until(`${jobs} jobs are unfinished`, async () => (await this.#depth(client)) === jobs, withinMs);
  }

  /**
   * Checks I1, I4 and I6 by every transaction of Redis, I2 by the history, and that each key of
   * Sluice's that is left expires in time.
   *
   * @throws Error that lists the violations
   */
  async check(dataDir = this.#options.server.dataDir ?? '', client = this.client): Promise<void> {
    const { name, capacity } = this.queue;
    const final = await readTags(client, name);
    const history = this.#tail.read();
    const violations: Violation[] = [...noneLost(history, final), ...noneDoubled(final), ...noneMistaken(history)];
    violations.push(...checkLog(await replayTransactions(dataDir, { storedName: `{${name}}` }), name, capacity));
    const kept = expiringTooLate(await leftKeys(client, name));
    violations.push(...kept.map((message) => ({ kind: 'expiringTooLate', message, evidence: [] })));
    if (violations.length === 0) return;
    const lines = violations
      .slice(0, 5)
      .map(({ kind, message, evidence }) => `  ${kind}: ${message} ${JSON.stringify(evidence)}`);
    throw new Error(`${name}: ${violations.length} violations\n${lines.join('\n')}`);
  }

  /** Waits until no key of the put side is left, which takes as long as the longest of them lives. */
  async untilNoKeyIsLeft(client = this.client): Promise<void> {
    const left = async (): Promise<string[]> => [...(await leftKeys(client, this.queue.name)).keys()];
    await this.until('no key of the put side is left', async () => (await left()).every(outlivesPuts), 40_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #depth(client: Redis): Promise<number> {
    // In one transaction: a job that is given back between two reads would be in neither.
    const reads = client.multi().llen(this.key('wait')).llen(this.key('active')).zcard(this.key('delayed'));
    const lengths = (await reads.exec()) ?? [];
    return lengths.reduce((sum, [, length]) => sum + Number(length), 0);
  }

  #programOptions(name: string): BurstProgramOptions {
    const { server, queueName, capacity } = this.#options;
    return {
      name,
      url: server.url,
      historyFile: this.#historyFile,
      queueName,
      capacity,
      unavailableMs: UNAVAILABLE_MS,
    };
  }
}
