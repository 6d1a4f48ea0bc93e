import type { BenchRedis } from '../redis-meter.ts';
import type { BunqueueMode } from './bunqueue-mode.ts';
import { BunqueueServer } from './bunqueue-server.ts';
import type { BunqueueInstall } from './install-bunqueue.ts';

/** Where a contender keeps its jobs, and what its process is run with. */
export interface ContenderPlace extends AsyncDisposable {
  readonly address: string;
  readonly runtime?: { readonly bun: string };
  /** CPU time since its start of what keeps the jobs: Redis, or bunqueue's server. */
  cpuUs(): Promise<number>;
}

/** The bench's Redis, or a bunqueue in this mode. Throws Error when that was not installed. */
export async function openPlace(
  { socketPath, meter, pinning }: BenchRedis,
  mode: BunqueueMode | undefined,
  install: BunqueueInstall | undefined,
): Promise<ContenderPlace> {
  if (mode === undefined)
    return { address: socketPath, cpuUs: () => meter.cpuUs(), [Symbol.asyncDispose]: async () => undefined };
  if (!install) throw new Error('bunqueue was not installed');
  const server = await BunqueueServer.start(mode, install, pinning);
  return {
    address: JSON.stringify(server.address),
    runtime: { bun: install.bun },
    cpuUs: () => server.cpuUs(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
