import { createServer, type AddressInfo } from 'node:net';
import { RedisContainer, type StartedRedisContainer } from '@testcontainers/redis';
import type { Redis, RedisOptions } from 'ioredis';
import { getContainerRuntimeClient } from 'testcontainers';
import { connectClient, untilAnswering } from './connect-client.ts';
import type { HaltHow, TestServer, TestServerOptions } from './test-server.ts';

const defaultRedisImage = 'redis:8-alpine';

export interface ContainerServerOptions extends TestServerOptions {
  /** Default `redis:8-alpine`. */
  image?: string;
}

/** Starts Redis in its own container. `stop` removes it, with or without a reaper. */
export async function startContainerServer(options: ContainerServerOptions = {}): Promise<TestServer> {
  // A published port changes at every restart unless it is fixed.
  const port = await findFreePort();
  const started = await new RedisContainer(options.image ?? defaultRedisImage)
    .withExposedPorts({ container: 6379, host: port })
    .withCommand(['redis-server', ...settingsOf(options)])
    .start();
  const server = new ContainerServer(started, port);
  try {
    await untilAnswering(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function settingsOf({ persistent = true, config = {} }: ContainerServerOptions): string[] {
  const own = persistent
    ? { save: '', appendonly: 'yes', appendfsync: 'no', 'auto-aof-rewrite-percentage': '0' }
    : { save: '', appendonly: 'no' };
  return Object.entries({ ...own, ...config }).flatMap(([name, value]) => [`--${name}`, ...[value].flat()]);
}

class ContainerServer implements TestServer {
  readonly kind = 'container';
  readonly url: string;
  readonly dataDir = null;
  readonly #container: StartedRedisContainer;
  #running = true;
  #suspended = false;
  #stopped: Promise<void> | null = null;

  constructor(container: StartedRedisContainer, port: number) {
    this.#container = container;
    this.url = `redis://${container.getHost()}:${port}`;
  }

  get nodeUrls(): readonly string[] {
    return [this.url];
  }

  get running(): boolean {
    return this.#running;
  }

  client(options?: RedisOptions): Promise<Redis> {
    return connectClient(this.url, options);
  }

  async suspend(): Promise<void> {
    if (this.#suspended) return;
    await (await this.#handle()).pause();
    this.#suspended = true;
  }

  async resume(): Promise<void> {
    if (!this.#suspended) return;
    this.#suspended = false;
    await (await this.#handle()).unpause();
  }

  async halt(how: HaltHow = 'graceful'): Promise<void> {
    if (!this.#running) return;
    await this.resume();
    const handle = await this.#handle();
    await (how === 'kill' ? handle.kill({ signal: 'SIGKILL' }) : handle.stop({ t: 10 }));
    this.#running = false;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    await (await this.#handle()).start();
    this.#running = true;
    await untilAnswering(this.url);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    this.#running = false;
    // By force: it may be paused or halted, and its data is deleted anyway.
    await (await this.#handle()).remove({ force: true, v: true });
  }

  async #handle() {
    const runtime = await getContainerRuntimeClient();
    return runtime.container.getById(this.#container.getId());
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
