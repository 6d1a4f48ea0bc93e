import type { FastifyInstance } from 'fastify';
import { type AllQueues, connectAllQueues, type RedisInput } from '@sluice/queue';
import type { Logger } from '@sluice/queue/logging';
import { buildConsoleServer } from './build-server.ts';
import { FoundQueues } from './routes/found-queues.ts';

export interface ConsoleServiceOptions {
  /** Where Redis is. */
  readonly redis: RedisInput;
  /** What the keys of its queues start with. */
  readonly prefix: string;
  /** Its log, a line for each request included. */
  readonly logger: Logger;
  /** The port to listen on; 0 chooses a free one. */
  readonly port: number;
  /** Whether it may change anything, or only look. */
  readonly operator: boolean;
}

/** A running console. */
export interface ConsoleService extends AsyncDisposable {
  /** Where the page is. */
  readonly url: string;
}

/**
 * Serves the console over all queues of a Redis, for one person on this machine: it listens on 127.0.0.1 and asks for no key.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer; DefinitionError in a checkout where the page is not built
 */
export async function startConsole(options: ConsoleServiceOptions): Promise<ConsoleService> {
  const { redis, prefix, logger, port, operator } = options;
  const all = await connectAllQueues({ redis, prefix, logger });
  const queues = new FoundQueues(all);
  const server = buildConsoleServer({ logger, operator, console: true, host: '127.0.0.1' }, queues);
  try {
    await queues.names();
    const address = await server.listen({ host: '127.0.0.1', port });
    return { url: `${address}/`, [Symbol.asyncDispose]: () => close(server, all) };
  } catch (error) {
    await close(server, all);
    throw error;
  }
}

async function close(server: FastifyInstance, all: AllQueues): Promise<void> {
  await server.close();
  await all.close();
}
