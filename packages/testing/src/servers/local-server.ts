import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalRedis, type LocalRedisOptions, type RedisSettings, startLocalRedis } from '@sluice/local-redis';
import type { Redis, RedisOptions } from 'ioredis';
import { connectClient, untilAnswering } from './connect-client.ts';
import type { HaltHow, TestServer, TestServerOptions } from './test-server.ts';

// Written before each reply, so kill -9 of the server loses no answered write;
// never rewritten, so the file holds every transaction since the start.
const persistentConfig = { appendfsync: 'no', 'auto-aof-rewrite-percentage': '0' };

export interface LocalServerOptions extends TestServerOptions {
  /** The server program. Default: the first one on PATH. */
  binary?: string;
}

/** Starts a private redis-server of this machine. */
export async function startLocalServer(options: LocalServerOptions = {}): Promise<TestServer> {
  const { persistent = true, config = {}, listen = 'unix', binary } = options;
  const program = binary === undefined ? {} : { program: binary };
  const dataDir = persistent ? await mkdtemp(join(tmpdir(), 'sluice-test-')) : null;
  const settings = { ...(persistent ? persistentConfig : {}), ...config };
  try {
    return new LocalServer(dataDir, settings, await run(dataDir, settings, { listen, ...program }), program);
  } catch (error) {
    if (dataDir !== null) await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

function run(
  dataDir: string | null,
  config: RedisSettings,
  where: Pick<LocalRedisOptions, 'listen' | 'url' | 'program'>,
): Promise<LocalRedis> {
  return startLocalRedis({ config, ...where, ...(dataDir === null ? {} : { dir: dataDir }) });
}

class LocalServer implements TestServer {
  readonly kind = 'local';
  readonly url: string;
  readonly dataDir: string | null;
  readonly #config: RedisSettings;
  readonly #program: Pick<LocalRedisOptions, 'program'>;
  #process: LocalRedis | null;
  #stopped: Promise<void> | null = null;

  constructor(
    dataDir: string | null,
    config: RedisSettings,
    running: LocalRedis,
    program: Pick<LocalRedisOptions, 'program'>,
  ) {
    this.url = running.url;
    this.dataDir = dataDir;
    this.#config = config;
    this.#program = program;
    this.#process = running;
  }

  get nodeUrls(): readonly string[] {
    return [this.url];
  }

  get running(): boolean {
    return this.#process !== null;
  }

  client(options?: RedisOptions): Promise<Redis> {
    return connectClient(this.url, options);
  }

  async suspend(): Promise<void> {
    process.kill(this.#pid(), 'SIGSTOP');
  }

  async resume(): Promise<void> {
    process.kill(this.#pid(), 'SIGCONT');
  }

  async halt(how: HaltHow = 'graceful'): Promise<void> {
    if (this.#process === null) return;
    // A frozen process does not handle SIGTERM.
    await this.resume();
    if (how === 'kill') process.kill(this.#pid(), 'SIGKILL');
    await this.#process.stop();
    this.#process = null;
  }

  async start(): Promise<void> {
    if (this.#process !== null) return;
    this.#process = await run(this.dataDir, this.#config, { url: this.url, ...this.#program });
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
    const last = this.#process;
    this.#process = null;
    // The data is deleted, so a graceful end is not needed.
    if (last?.pid) killIfAlive(last.pid);
    await last?.stop();
    if (this.dataDir !== null) await rm(this.dataDir, { recursive: true, force: true });
  }

  #pid(): number {
    if (this.#process === null) throw new Error('this Redis does not run');
    const { pid } = this.#process;
    if (pid === null)
      throw new Error('this Redis runs in a container; ask for { kind: "container" } to pause or restart it');
    return pid;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
