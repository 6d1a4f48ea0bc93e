import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DefinitionError } from '../../job/errors/index.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import type { BoundHandler, Handlers, RegisteredHandlers } from '../../job/handler/handler-registry.ts';
import type { ThreadHandler } from '../../job/handler/in-thread.ts';
import { ThreadGroup } from './thread-group.ts';

export interface ThreadGroupsDeps {
  readonly queue: QueueDefinition;
  /** Slots of the pool. */
  readonly concurrency: number;
  /** Called for a thread of a job that died while nothing ran in it. */
  readonly onFault: (job: string, error: unknown) => void;
}

/** The threads of all handlers of a pool that run in threads. None is started before its first job. */
export class ThreadGroups {
  /** The handlers as the pool runs them. */
  readonly handlers: Handlers;
  readonly #groups: ThreadGroup[] = [];
  readonly #deps: ThreadGroupsDeps;

  /** @throws DefinitionError when there is no file of a handler */
  constructor(registered: RegisteredHandlers, deps: ThreadGroupsDeps) {
    this.#deps = deps;
    this.handlers = new Map(
      [...registered].map(([name, handler]) => [name, 'moduleUrl' in handler ? this.#bind(handler) : handler]),
    );
  }

  /** Ends all threads. Resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.close()));
  }

  #bind(handler: ThreadHandler): BoundHandler {
    const { queue, concurrency, onFault } = this.#deps;
    const { contract, options } = handler;
    checkFile(handler);
    const group = new ThreadGroup({
      handler,
      queue,
      threads: options.threads ?? Math.min(concurrency, availableParallelism()),
      onFault: (error) => onFault(contract.name, error),
    });
    this.#groups.push(group);
    return { contract, acquire: (payload, signal) => group.acquire(payload, signal) };
  }
}

/** Else each job would fail, when the first one comes. A bundler, for one, does not know that the module is needed. */
function checkFile({ contract, moduleUrl }: ThreadHandler): void {
  if (existsSync(new URL(moduleUrl))) return;
  throw new DefinitionError(
    `thread of ${contract.name}: there is no file ${moduleUrl}. In a bundle the module of a thread's handler is an entry of its own, see docs/bundlers.md`,
  );
}
