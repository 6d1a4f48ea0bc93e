import { monotonicMs } from '../wait/monotonic-ms.ts';
import type { GroupSides, ProducerSide, WorkerSide } from './group-contender.ts';
import type { MemberAnswer, MemberRequest, ProcessUse, WorkerAccount } from './member-messages.ts';
import { driveProducer } from './drive-producer.ts';

/** One process's place in a process group: a producer or a worker, opened for each run and closed after it. */
export class GroupMember {
  readonly #sides: GroupSides;
  #open: ProducerSide | WorkerSide | undefined;
  #producer: ProducerSide | undefined;
  #cpu = process.cpuUsage();
  #lastAt = 0;
  #startedAfterMs: number[] = [];
  #completedAfterMs: number[] = [];

  constructor(sides: GroupSides) {
    this.#sides = sides;
  }

  async obey(request: MemberRequest): Promise<MemberAnswer> {
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
    this.#lastAt = 0;
    this.#startedAfterMs = [];
    this.#completedAfterMs = [];
    this.#open = await this.#sides.openWorker({
      socketPath,
      slots,
      onStarted: (calledAt) => this.#startedAfterMs.push(monotonicMs() - calledAt),
      onCompleted: (calledAt) => {
        this.#lastAt = monotonicMs();
        this.#completedAfterMs.push(this.#lastAt - calledAt);
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
      lastAt: this.#lastAt,
      startedAfterMs: this.#startedAfterMs,
      completedAfterMs: this.#completedAfterMs,
    };
  }
}
