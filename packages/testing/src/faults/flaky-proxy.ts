import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketUrl } from '@sluice/local-redis';
import { addressOf } from '../servers/connect-client.ts';
import { ProxiedConnection } from './proxied-connection.ts';

/** A proxy between a client and Redis that fails when a test says so. */
export interface FlakyProxy extends AsyncDisposable {
  /** Clients connect to this URL. It is of the same kind as the target's, and stays the same after `cut` and `restore`. */
  readonly url: string;
  /** Open connections. */
  readonly connections: number;
  /**
   * Passes on the next command whose bytes contain `match` (any case; default: any command), drops its reply and
   * cuts the connection: Redis has run the command, but the client does not know. Resolves when that has happened.
   */
  dropNextReply(match?: string): Promise<void>;
  /** Cuts every connection and refuses new ones, until `restore`. */
  cut(): Promise<void>;
  /** Keeps connections open but passes nothing on, until `restore`, which then passes on everything that waited. */
  stall(): void;
  /**
   * Forgets the open connections, like a router that drops their entries: they stay open on both sides, and nothing
   * passes any more. New connections work. With `reads: false` the proxy stops reading from the old ones, too.
   */
  forget(how?: { reads: boolean }): void;
  /** Ends `cut` and `stall`. */
  restore(): Promise<void>;
  /** Cuts everything for good. */
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of a Redis.
 *
 * @param targetUrl `unix:///path`, or `redis://host:port` without TLS; several of the latter for a cluster.
 */
export async function flakyProxy(targetUrl: string): Promise<FlakyProxy> {
  return targetUrl.includes(',') ? clusterProxy(targetUrl.split(',')) : startProxy(targetUrl);
}

/** One proxy before each node, which answers with the proxies' ports wherever a node would have named one of its own. */
async function clusterProxy(nodeUrls: readonly string[]): Promise<FlakyProxy> {
  const ports = new Map<string, string>();
  const drops: DroppedReply[] = [];
  const proxies = await Promise.all(
    nodeUrls.map((url) => startProxy(url, { drops, translate: (answer) => withPorts(answer, ports) })),
  );
  for (const [index, url] of nodeUrls.entries()) ports.set(new URL(url).port, new URL(proxies[index]?.url ?? '').port);
  return new ClusterProxy(proxies);
}

/**
 * Ports in answers to CLUSTER SLOTS (`:7001`) and in redirections (`127.0.0.1:7001`). Both kinds have five digits, so no
 * length that an answer states becomes wrong.
 */
function withPorts(answer: Buffer, ports: ReadonlyMap<string, string>): Buffer {
  const text = answer.toString('latin1');
  const named = text.replace(/:(\d{5})(?=\r\n)/g, (_whole, port: string) => `:${ports.get(port) ?? port}`);
  return named === text ? answer : Buffer.from(named, 'latin1');
}

class ClusterProxy implements FlakyProxy {
  readonly #proxies: readonly FlakyProxy[];

  constructor(proxies: readonly FlakyProxy[]) {
    this.#proxies = proxies;
  }

  get url(): string {
    return this.#proxies.map(({ url }) => url).join(',');
  }

  get connections(): number {
    return this.#proxies.reduce((sum, { connections }) => sum + connections, 0);
  }

  dropNextReply(match?: string): Promise<void> {
    // They share one list: whichever of them comes first takes it.
    return this.#proxies[0]?.dropNextReply(match) ?? Promise.resolve();
  }

  async cut(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.cut()));
  }

  stall(): void {
    for (const proxy of this.#proxies) proxy.stall();
  }

  forget(how?: { reads: boolean }): void {
    for (const proxy of this.#proxies) proxy.forget(how);
  }

  async restore(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.restore()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function startProxy(targetUrl: string, wiring: Wiring = {}): Promise<FlakyProxy> {
  const target = addressOf(targetUrl);
  const dir = 'path' in target ? await mkdtemp(join(tmpdir(), 'sluice-proxy-')) : null;
  const proxy = new RedisProxy(target, dir, wiring);
  await proxy.restore();
  return proxy;
}

interface DroppedReply {
  match: string;
  done: () => void;
}

interface Wiring {
  /** Replies that are yet to be lost; several proxies may share them. */
  drops?: DroppedReply[];
  translate?: (answer: Buffer) => Buffer;
}

class RedisProxy implements FlakyProxy {
  readonly #target: ReturnType<typeof addressOf>;
  readonly #dir: string | null;
  readonly #open = new Set<ProxiedConnection>();
  readonly #forgotten = new Set<ProxiedConnection>();
  readonly #drops: DroppedReply[];
  readonly #translate: ((answer: Buffer) => Buffer) | undefined;
  #port = 0;
  #listener: Server | null = null;
  #stalled = false;

  constructor(target: ReturnType<typeof addressOf>, dir: string | null, { drops = [], translate }: Wiring) {
    this.#target = target;
    this.#dir = dir;
    this.#drops = drops;
    this.#translate = translate;
  }

  get url(): string {
    return this.#dir === null ? `redis://127.0.0.1:${this.#port}` : socketUrl(this.#socketPath(this.#dir));
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
    for (const connection of [...this.#open, ...this.#forgotten]) connection.destroy();
    this.#forgotten.clear();
    await closed;
  }

  stall(): void {
    this.#stalled = true;
    for (const connection of this.#open) connection.pause();
  }

  forget(how: { reads: boolean } = { reads: true }): void {
    for (const connection of this.#open) {
      connection.forget(how);
      this.#forgotten.add(connection);
    }
    this.#open.clear();
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
    const takeDrop = (sent: Buffer): (() => void) | null => this.#takeDrop(sent);
    const connection = new ProxiedConnection(client, connect(this.#target), takeDrop, this.#translate);
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
