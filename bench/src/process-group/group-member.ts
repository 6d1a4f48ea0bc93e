import { monotonicMs } from '../bench-process.ts';
import type { GroupSides, ProducerSide, WorkerSide } from './group-contender.ts';
import { driveProducer, type Pace } from './drive-producer.ts';

/** A request to a process of a process group. */
export type MemberRequest =
  | { readonly type: 'open-producer'; readonly socketPath: string }
  | { readonly type: 'open-worker'; readonly socketPath: string; readonly slots: number }
  | { readonly type: 'put'; readonly jobs: number; readonly pace: Pace }
  | { readonly type: 'account' }
  | { readonly type: 'close' };

/** What a process has used since it was opened for a run, or since it began to put. */
export interface ProcessUse {
  /** User and system time, all threads, garbage collection included. */
  readonly cpuUs: number;
  /** What it holds of the machine's memory at the end. */
  readonly rssBytes: number;
}

/** What a worker has seen. */
export interface WorkerAccount {
  readonly completed: number;
  /** When the last one was completed; {@link monotonicMs}, 0 when there was none. */
  readonly lastAtMs: number;
  /** From the call of put to the start of the handler, and to completed. */
  readonly startedAfterMs: readonly number[];
  readonly completedAfterMs: readonly number[];
}

export type MemberAnswer =
  | { readonly type: 'done'; readonly use: ProcessUse }
  | { readonly type: 'account'; readonly use: ProcessUse; readonly account: WorkerAccount };

/** One process's place in a process group: a producer or a worker, opened for each run and closed after it. */
export class GroupMember {
  readonly #sides: GroupSides;
  #open: ProducerSide | WorkerSide | undefined;
  #producer: ProducerSide | undefined;
  #cpu = process.cpuUsage();
  #lastAtMs = 0;
  #startedAfterMs: number[] = [];
  #completedAfterMs: number[] = [];

  constructor(sides: GroupSides) {
    this.#sides = sides;
  }

  async handle(request: MemberRequest): Promise<MemberAnswer> {
    switch (request.type) {
      case 'open-producer':
        this.#producer = await this.#sides.openProducer(request.socketPath);
        this.#open = this.#producer;
        return this.#done();
      case 'open-worker':
        await this.#openWorker(request.socketPath, request.slots);
        return this.#done();
      case 'put':
        this.#begin();
        if (!this.#producer) throw new Error('there is no producer');
        await driveProducer(this.#producer, request.jobs, request.pace);
        return this.#done();
      case 'account':
        return { type: 'account', use: this.#use(), account: this.#account() };
      case 'close':
        await this.#open?.close();
        return this.#done();
      default:
        throw new TypeError(`unknown request ${String(request satisfies never)}`);
    }
  }

  async #openWorker(socketPath: string, slots: number): Promise<void> {
    this.#lastAtMs = 0;
    this.#startedAfterMs = [];
    this.#completedAfterMs = [];
    this.#open = await this.#sides.openWorker({
      socketPath,
      slots,
      onStarted: (calledAtMs) => this.#startedAfterMs.push(monotonicMs() - calledAtMs),
      onCompleted: (calledAtMs) => {
        this.#lastAtMs = monotonicMs();
        this.#completedAfterMs.push(this.#lastAtMs - calledAtMs);
      },
    });
    this.#begin();
  }

  /** What came before is not this run's. */
  #begin(): void {
    globalThis.gc?.();
    this.#cpu = process.cpuUsage();
  }

  #use(): ProcessUse {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
  }

  #done(): MemberAnswer {
    return { type: 'done', use: this.#use() };
  }

  #account(): WorkerAccount {
    return {
      completed: this.#completedAfterMs.length,
      lastAtMs: this.#lastAtMs,
      startedAfterMs: this.#startedAfterMs,
      completedAfterMs: this.#completedAfterMs,
    };
  }
}
