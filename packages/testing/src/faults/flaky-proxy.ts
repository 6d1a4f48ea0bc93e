import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf } from '../servers/connect-client.ts';
import { ProxiedConnection } from './proxied-connection.ts';

/** A wire between a client and Redis that breaks where a test wants it to. */
export interface FlakyProxy extends AsyncDisposable {
  /** Where clients connect instead: of the same kind as the target's URL, and the same after `cut` and `restore`. */
  readonly url: string;
  /** Open connections. */
  readonly connections: number;
  /**
   * Lets the next command through whose bytes contain `match` (any case; default: any command), throws its answer away and
   * cuts the connection: Redis has done it, the client does not know. Resolves when that has happened.
   */
  dropNextReply(match?: string): Promise<void>;
  /** Cuts every connection and refuses new ones, until `restore`. */
  cut(): Promise<void>;
  /** Keeps connections open but carries nothing, until `restore`, which then carries all that waited. */
  stall(): void;
  /** Ends `cut` and `stall`. */
  restore(): Promise<void>;
  /** Cuts everything for good. */
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of a Redis.
 *
 * @param targetUrl `unix:///path`, or `redis://host:port` without TLS.
 */
export async function flakyProxy(targetUrl: string): Promise<FlakyProxy> {
  const target = addressOf(targetUrl);
  const dir = 'path' in target ? await mkdtemp(join(tmpdir(), 'sluice-proxy-')) : null;
  const proxy = new RedisProxy(target, dir);
  await proxy.restore();
  return proxy;
}

interface DroppedReply {
  match: string;
  done: () => void;
}

class RedisProxy implements FlakyProxy {
  readonly #target: ReturnType<typeof addressOf>;
  readonly #dir: string | null;
  readonly #open = new Set<ProxiedConnection>();
  readonly #drops: DroppedReply[] = [];
  #port = 0;
  #listener: Server | null = null;
  #stalled = false;

  constructor(target: ReturnType<typeof addressOf>, dir: string | null) {
    this.#target = target;
    this.#dir = dir;
  }

  get url(): string {
    return this.#dir === null ? `redis://127.0.0.1:${this.#port}` : `unix://${this.#socketPath(this.#dir)}`;
  }

  get connections(): number {
    return this.#open.size;
  }

  dropNextReply(match = ''): Promise<void> {
    return new Promise((done) => this.#drops.push({ match: match.toLowerCase(), done }));
  }

  async cut(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    const closed = new Promise<void>((resolve) => (listener ? listener.close(() => resolve()) : resolve()));
    for (const connection of this.#open) connection.destroy();
    await closed;
  }

  stall(): void {
    this.#stalled = true;
    for (const connection of this.#open) connection.pause();
  }

  async restore(): Promise<void> {
    this.#stalled = false;
    for (const connection of this.#open) connection.resume();
    if (this.#listener !== null) return;
    const listener = createServer((client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#listenOptions(), resolve);
    });
    this.#listener = listener;
    if (this.#dir === null) this.#port = (listener.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.cut();
    if (this.#dir !== null) await rm(this.#dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    const connection = new ProxiedConnection(client, connect(this.#target), (sent) => this.#takeDrop(sent));
    this.#open.add(connection);
    client.once('close', () => this.#open.delete(connection));
    if (this.#stalled) connection.pause();
  }

  #takeDrop(sent: Buffer): (() => void) | null {
    const next = this.#drops[0];
    if (next === undefined || !sent.toString('latin1').toLowerCase().includes(next.match)) return null;
    this.#drops.shift();
    return next.done;
  }

  #listenOptions(): ListenOptions {
    return this.#dir === null ? { host: '127.0.0.1', port: this.#port } : { path: this.#socketPath(this.#dir) };
  }

  #socketPath(dir: string): string {
    return join(dir, 'redis.sock');
  }
}
