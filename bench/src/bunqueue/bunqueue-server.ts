import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchProcess } from '../bench-process.ts';
import type { Pinning } from '../cpu-pinning.ts';
import type { BunqueueAddress, BunqueueMode } from './bunqueue-mode.ts';
import type { BunqueueInstall } from './install-bunqueue.ts';

/** bunqueue's server in a process of its own, in memory or with a file of its own. None when it is embedded. */
export class BunqueueServer implements AsyncDisposable {
  readonly address: BunqueueAddress;
  readonly #stack: AsyncDisposableStack;
  readonly #process: BenchProcess<object, number> | undefined;

  private constructor(
    address: BunqueueAddress,
    stack: AsyncDisposableStack,
    process: BenchProcess<object, number> | undefined,
  ) {
    this.address = address;
    this.#stack = stack;
    this.#process = process;
  }

  static async start(mode: BunqueueMode, { bun, folder }: BunqueueInstall, pinning?: Pinning): Promise<BunqueueServer> {
    await using stack = new AsyncDisposableStack();
    if (mode === 'embedded') return new BunqueueServer({ folder, port: null }, stack.move(), undefined);
    const [port, httpPort] = await freePorts();
    const storage: { dataPath?: string } = {};
    if (mode !== 'memory') {
      const files = await mkdtemp(join(tmpdir(), 'bench-bunqueue-'));
      stack.defer(() => rm(files, { recursive: true, force: true }));
      storage.dataPath = join(files, 'jobs.db');
    }
    const settings = { server: { host: '127.0.0.1', tcpPort: port, httpPort }, storage };
    const process = stack.use(
      await BenchProcess.start<object, number>({
        name: `bunqueue's server, ${mode}`,
        program: new URL('server-program.ts', import.meta.url),
        args: [folder, JSON.stringify(settings)],
        runtime: { bun },
        ...(typeof pinning === 'object' && { cpus: pinning.store }),
      }),
    );
    return new BunqueueServer({ folder, port }, stack.move(), process);
  }

  /** CPU time of the server since its start, in microseconds; 0 when there is none. */
  async cpuUs(): Promise<number> {
    return (await this.#process?.ask({})) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Two ports of loopback that nobody uses. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
