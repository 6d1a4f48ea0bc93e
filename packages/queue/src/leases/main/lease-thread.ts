import type { Worker } from 'node:worker_threads';
import type { LeaseReport, FromLeaseThread, LeaseCommand, ToLeaseThread } from '../shared/lease-thread-messages.ts';
import type { PoolSetup } from '../../store/lease-store/lease-thread-setup.ts';

/** A pool whose leases the thread keeps. */
export interface ThreadMember {
  /** What a thread must know of the pool before anything else. */
  readonly setup: PoolSetup;
  onMessage(message: LeaseReport): void;
  /** A new thread took the place of a dead one. It has the setup, and knows no lease yet. */
  onRestart(): void;
  onDeath(error: unknown): void;
}

const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
/** How long the thread may take to close a pool's connection. */
const CLOSE_MS = 2_000;

/**
 * One thread keeps the leases of all pools of this process on one Redis: a thread takes some 20 MiB, and a pool in it hardly
 * anything. Each pool has its own connection there, its own rounds and its own heartbeat, so none waits for another's. The
 * thread starts with the first pool and ends with the last. When it dies, another one is started with all pools.
 */
export class LeaseThread {
  readonly #spawn: () => Worker;
  readonly #onEnd: () => void;
  readonly #members = new Map<number, ThreadMember>();
  /** Pools that the thread closes at the moment. */
  readonly #closing = new Map<number, () => void>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #joined = 0;
  #ended = false;
  #exited: Promise<void> | undefined;

  constructor(options: { spawn: () => Worker; onEnd: () => void }) {
    this.#spawn = options.spawn;
    this.#onEnd = options.onEnd;
  }

  /** @returns the pool's number, under which it sends and leaves */
  join(member: ThreadMember): number {
    const pool = (this.#joined += 1);
    this.#members.set(pool, member);
    if (this.#worker) this.#open(pool, member);
    else if (this.#restart) this.#replace();
    else this.#start();
    return pool;
  }

  /** @returns false when there is no thread at the moment */
  send(pool: number, message: LeaseCommand): boolean {
    this.#worker?.postMessage({ pool, message } satisfies ToLeaseThread);
    return this.#worker !== undefined;
  }

  /** Resolves when the pool's leases are kept no more; with the last pool the thread ends. */
  async leave(pool: number, { isReady }: { isReady: boolean }): Promise<void> {
    if (!this.#members.delete(pool)) return;
    const isClosing = this.send(pool, { kind: 'close' });
    if (isClosing && isReady) await this.#closed(pool);
    if (this.#members.size === 0 && this.#closing.size === 0) await this.#end();
  }

  #start(): void {
    const worker = this.#spawn();
    this.#worker = worker;
    let fault: unknown;
    worker.on('error', (error) => (fault = error));
    worker.on('message', ({ pool, message }: FromLeaseThread) => this.#hear(pool, message));
    worker.once('exit', (code) => this.#handleDeath(fault ?? new Error(`the lease thread ended with code ${code}`)));
    for (const [pool, member] of this.#members) this.#open(pool, member);
  }

  #replace(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    this.#start();
    for (const member of this.#members.values()) member.onRestart();
  }

  #open(pool: number, { setup }: ThreadMember): void {
    this.#worker?.postMessage({ pool, message: { kind: 'open', setup } } satisfies ToLeaseThread);
  }

  #hear(pool: number, message: FromLeaseThread['message']): void {
    if (message.kind === 'closed') return this.#closing.get(pool)?.();
    if (message.kind === 'ready') this.#failures = 0;
    this.#members.get(pool)?.onMessage(message);
  }

  #closed(pool: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#closing.delete(pool);
        resolve();
      };
      const timer = setTimeout(end, CLOSE_MS);
      this.#closing.set(pool, end);
    });
  }

  #handleDeath(error: unknown): void {
    this.#worker = undefined;
    for (const end of this.#closing.values()) end();
    if (this.#ended) return;
    const pauseMs = Math.min(RESTART_MIN_MS * 2 ** Math.min(this.#failures, 10), RESTART_MAX_MS);
    this.#failures += 1;
    this.#restart = setTimeout(() => this.#replace(), pauseMs);
    for (const member of this.#members.values()) member.onDeath(error);
  }

  async #end(): Promise<void> {
    if (this.#ended) return this.#exited;
    this.#ended = true;
    this.#onEnd();
    clearTimeout(this.#restart);
    this.#exited = this.#worker?.terminate().then(() => undefined);
    return this.#exited;
  }
}

/** The threads of this process, by the Redis that they connect to. A thread is the process's, whichever pool asks first. */
const threads = new Map<string, LeaseThread>();

/** The thread for this Redis; a new one when there is none, or the last one has ended. */
export function leaseThreadOf(redis: string, spawn: () => Worker): LeaseThread {
  const known = threads.get(redis);
  if (known) return known;
  const thread = new LeaseThread({ spawn, onEnd: () => threads.delete(redis) });
  threads.set(redis, thread);
  return thread;
}
