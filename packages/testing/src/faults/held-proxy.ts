import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketUrl } from '@sluice/local-redis';
import { addressOf } from '../servers/connect-client.ts';
import type { CommandMatch, HeldCommand } from './held-command.ts';
import { HeldConnection, type Trap } from './held-connection.ts';

/**
 * A proxy on which a test holds one command at a chosen step: before Redis has it, or before its client has the
 * reply. All other connections continue. So a test reaches a step exactly, without guessing a time.
 */
export interface HeldProxy extends AsyncDisposable {
  /** A unix socket; the same for as long as the proxy lives. */
  readonly url: string;
  /** Holds the next matching command before Redis, and everything that its client sends after it. Resolves once it is held. */
  holdCommand(match: CommandMatch): Promise<HeldCommand>;
  /** Passes the next matching command to Redis, and holds all replies on its connection. Resolves once Redis has it. */
  holdAnswer(match: CommandMatch): Promise<HeldCommand>;
  /** Cuts the open connections. Clients may connect again at once. */
  cut(): void;
  /** Cuts the open connections, and connects new ones to another Redis, as after a failover. */
  turnTo(targetUrl: string): void;
  /** Cuts everything for good. */
  close(): Promise<void>;
}

/** Starts such a proxy in front of a Redis. @param targetUrl `unix:///path`, or `redis://host:port` without TLS */
export async function heldProxy(targetUrl: string): Promise<HeldProxy> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-held-'));
  const proxy = new SocketProxy(targetUrl, dir);
  await proxy.listen();
  return proxy;
}

class SocketProxy implements HeldProxy {
  readonly #dir: string;
  readonly #path: string;
  readonly #server: Server;
  readonly #open = new Set<HeldConnection>();
  readonly #traps: Trap[] = [];
  #target: ReturnType<typeof addressOf>;

  constructor(targetUrl: string, dir: string) {
    this.#target = addressOf(targetUrl);
    this.#dir = dir;
    this.#path = join(dir, 'redis.sock');
    this.#server = createServer((client) => {
      const connection = new HeldConnection(client, connect(this.#target), this.#traps);
      this.#open.add(connection);
      connection.onEnd(() => this.#open.delete(connection));
    });
  }

  get url(): string {
    return socketUrl(this.#path);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, resolve);
    });
  }

  holdCommand(match: CommandMatch): Promise<HeldCommand> {
    return new Promise((spring) => this.#traps.push({ match, side: 'command', spring }));
  }

  holdAnswer(match: CommandMatch): Promise<HeldCommand> {
    return new Promise((spring) => this.#traps.push({ match, side: 'answer', spring }));
  }

  cut(): void {
    for (const connection of this.#open) connection.destroy();
  }

  turnTo(targetUrl: string): void {
    this.#target = addressOf(targetUrl);
    this.cut();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
    await rm(this.#dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
