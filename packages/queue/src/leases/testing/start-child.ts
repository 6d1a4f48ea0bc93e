import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killWorker } from '@sluice/testing';
import { expect } from 'vitest';
import type { PoolTimings } from '../../job/pool-defaults.ts';
import type { PoolHealth } from '../../pool/pool-health.ts';

export interface ChildOptions {
  redis: string;
  prefix: string;
  queueName: string;
  timings: Partial<PoolTimings>;
  timeoutMs: number;
  graceMs: number;
}

export interface ChildEvent {
  event: string;
  id: string;
  code: string | null;
}
export type ChildWord = ChildEvent | { health: PoolHealth };

/** A worker in a process of its own. */
export class WorkerChild implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #words: ChildWord[] = [];

  constructor(options: ChildOptions) {
    const program = fileURLToPath(new URL('worker-child.ts', import.meta.url));
    this.process = fork(program, [JSON.stringify(options)], { execArgv: ['-C', '@sluice/source'] });
    this.process.on('message', (word: ChildWord) => this.#words.push(word));
  }

  /** Resolves when its pool runs. */
  static async start(options: ChildOptions): Promise<WorkerChild> {
    const child = new WorkerChild(options);
    await child.said('ready');
    return child;
  }

  /** What its pool told of this job, in order. */
  told(id: string): string[] {
    return this.#words.flatMap((word) => ('event' in word && word.id === id ? [word.event] : []));
  }

  async said(event: string, id = ''): Promise<ChildEvent> {
    const find = (): ChildWord | undefined =>
      this.#words.find((word) => 'event' in word && word.event === event && word.id === id);
    await expect.poll(find, { interval: 5 }).toBeDefined();
    return find() as ChildEvent;
  }

  async health(): Promise<PoolHealth> {
    const before = this.#words.length;
    this.process.send('health');
    const find = (): PoolHealth | undefined =>
      this.#words.slice(before).flatMap((word) => ('health' in word ? [word.health] : []))[0];
    await expect.poll(find, { interval: 5 }).toBeDefined();
    return find() as PoolHealth;
  }

  async kill(): Promise<void> {
    await killWorker(this.process);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
