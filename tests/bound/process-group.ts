import { HistoryTail, type RecordedFact } from '@sluice/testing';
import { expect } from 'vitest';
import type { BoundRunOptions } from './bound-run-options.ts';
import type { Processes, RunningProgram } from './processes.ts';
import type { ProducerProgramOptions, WorkerProgramOptions } from './program-options.ts';

export interface ProcessGroupOptions extends BoundRunOptions {
  url: string;
  historyFile: string;
}

/** The processes of one run, and which process replaces which. */
export class ProcessGroup {
  readonly #processes: Processes;
  readonly #options: ProcessGroupOptions;
  readonly #history: HistoryTail;
  readonly #producers: RunningProgram[] = [];
  readonly #workers: RunningProgram[] = [];
  #worked = 0;

  constructor(processes: Processes, options: ProcessGroupOptions) {
    this.#processes = processes;
    this.#options = options;
    this.#history = new HistoryTail(options.historyFile);
  }

  start(): void {
    for (let worker = 0; worker < this.#options.workers; worker += 1) this.#workers.push(this.#startWorker());
    for (let member = 0; member < this.#options.processes; member += 1)
      this.#producers.push(this.#startProducer(member, 1));
  }

  /** Kills one member after another, evenly over the run. A new process repeats the member's puts from the beginning. */
  async killProducers(): Promise<void> {
    const { producerKills, processes } = this.#options;
    for (let kill = 0; kill < producerKills; kill += 1) {
      await this.untilAnswered((kill + 1) / (producerKills + 2));
      const member = kill % processes;
      await this.#producers[member]?.kill();
      this.#producers[member] = this.#startProducer(member, 2 + Math.floor(kill / processes));
    }
  }

  /** Kills workers while they run a handler, and starts others. */
  async killWorkers(): Promise<void> {
    const { workerKills } = this.#options;
    for (let kill = 0; kill < workerKills; kill += 1) {
      await this.untilAnswered(kill / (workerKills + 1));
      const name = await this.#untilWorkerIsBusy();
      const at = this.#workers.findIndex((worker) => worker.name === name);
      await this.#workers[at]?.kill();
      this.#workers[at] = this.#startWorker();
    }
  }

  /** Waits until this share of all puts, 0 to 1, has resolved. */
  async untilAnswered(share: number): Promise<void> {
    const { processes, producersEach, jobsPerProducer } = this.#options;
    const wanted = Math.floor(processes * producersEach * jobsPerProducer * share);
    await this.#until('puts are answered', () => {
      const answered = this.#facts().filter(({ type }) => type === 'put-answered').length;
      return answered >= wanted || this.#producers.every(({ alive }) => !alive);
    });
  }

  async producersDone(): Promise<void> {
    const codes = await Promise.all(this.#producers.map(({ ended }) => ended));
    expect(codes).toEqual(codes.map(() => 0));
  }

  async endWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }

  /** The name of a living worker that runs a long job. */
  async #untilWorkerIsBusy(): Promise<string> {
    let name: string | undefined;
    await this.#until('a worker runs a long job', () => {
      const running = runningLong(this.#facts());
      name = this.#workers.find((worker) => worker.alive && running.has(worker.name))?.name;
      return name !== undefined;
    });
    return name ?? '';
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    await expect
      .poll(holds, { timeout: this.#options.timeoutMs, interval: 50, message: `waited until ${what}` })
      .toBe(true);
  }

  #facts(): readonly RecordedFact[] {
    return this.#history.read().facts;
  }

  #startWorker(): RunningProgram {
    const { url, historyFile, capacity, concurrency, leaseMs } = this.#options;
    const name = `worker${(this.#worked += 1)}`;
    const options: WorkerProgramOptions = { name, url, historyFile, capacity, concurrency, leaseMs };
    return this.#processes.start('worker-program', options);
  }

  #startProducer(member: number, life: number): RunningProgram {
    const { url, historyFile, capacity, producersEach, jobsPerProducer, producerProgram } = this.#options;
    const options: ProducerProgramOptions = {
      name: `producer${member}.${life}`,
      member: `member${member}`,
      producers: producersEach,
      jobsPerProducer,
      url,
      historyFile,
      capacity,
    };
    return this.#processes.start(producerProgram, options);
  }
}

/** Workers that have had a job for longer than a short one takes. */
function runningLong(facts: readonly RecordedFact[]): Set<string> {
  const running = new Map<string, { worker: string; at: number }>();
  for (const fact of facts) {
    if (fact.type === 'delivered') running.set(fact.id, { worker: fact.worker, at: fact.at });
    if (fact.type === 'returned') running.delete(fact.id);
  }
  const since = Date.now() - 50;
  return new Set([...running.values()].filter(({ at }) => at < since).map(({ worker }) => worker));
}
