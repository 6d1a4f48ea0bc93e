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
export type ChildMessage = ChildEvent | { health: PoolHealth };

/** A worker in a process of its own. */
export class WorkerChild implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #messages: ChildMessage[] = [];

  constructor(options: ChildOptions) {
    const program = fileURLToPath(new URL('worker-child.ts', import.meta.url));
    this.process = fork(program, [JSON.stringify(options)], { execArgv: ['-C', '@sluice/source'] });
    this.process.on('message', (message: ChildMessage) => this.#messages.push(message));
  }

  /** Resolves when its pool runs. */
  static async start(options: ChildOptions): Promise<WorkerChild> {
    const child = new WorkerChild(options);
    await child.event('ready');
    return child;
  }

  /** The events of its pool about this job, in order. */
  eventsOf(id: string): string[] {
    return this.#messages.flatMap((message) => ('event' in message && message.id === id ? [message.event] : []));
  }

  async event(name: string, id = ''): Promise<ChildEvent> {
    const find = (): ChildMessage | undefined =>
      this.#messages.find((message) => 'event' in message && message.event === name && message.id === id);
    await expect.poll(find, { interval: 5 }).toBeDefined();
    return find() as ChildEvent;
  }

  async health(): Promise<PoolHealth> {
    const before = this.#messages.length;
    this.process.send('health');
    const find = (): PoolHealth | undefined =>
      this.#messages.slice(before).flatMap((message) => ('health' in message ? [message.health] : []))[0];
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
