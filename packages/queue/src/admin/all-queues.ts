import type { QueueDefinition } from '../job/contracts/queue-policy.ts';
import { findQueues, type FoundQueues } from '../store/admin/find-queues.ts';
import type { RedisConnection } from '../store/connection/redis-connection.ts';
import { Admin } from './admin.ts';
import { administeredQueue } from './administered-queue.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog } from './audit-log.ts';

export interface AllQueuesDeps {
  readonly prefix: string;
  readonly connection: RedisConnection;
  readonly allowUntestedBullmq: boolean;
}

/** The queues of one Redis under one prefix, over one connection. Made by `connectAllQueues`. */
export class AllQueues implements AsyncDisposable {
  readonly #deps: AllQueuesDeps;
  /** The API keys of the HTTP service: add, list, revoke. */
  readonly apiKeys: ApiKeys;
  /** What was changed through the HTTP service. */
  readonly audit: AuditLog;

  constructor(deps: AllQueuesDeps) {
    this.#deps = deps;
    const { prefix, connection } = deps;
    this.apiKeys = new ApiKeys({ prefix, call: (operation) => connection.call(operation) });
    this.audit = new AuditLog({ prefix, call: (operation) => connection.call(operation) });
  }

  /**
   * The names of the queues, found by a SCAN of the keys in short calls. Looks at 2,000,000 keys at most, and finds at most 1,000
   * queues; `complete` says whether that was all.
   *
   * @throws RedisUnavailableError when Redis is away
   */
  async find(): Promise<FoundQueues> {
    const { connection, prefix } = this.#deps;
    return connection.call((client) => findQueues(client, prefix, { keysMax: 2_000_000, queuesMax: 1_000 }));
  }

  /**
   * The administration of one of them, by its name or its definition; a definition has a prefix of its own. Its `close` leaves the
   * connection to the others.
   *
   * @throws DefinitionError for no name
   */
  get(of: string | QueueDefinition): Admin {
    const { prefix, connection, allowUntestedBullmq } = this.#deps;
    const queue = administeredQueue(typeof of === 'string' ? { name: of, prefix } : of);
    return new Admin({ queue, connection, allowUntestedBullmq, closing: new AbortController(), close: async () => {} });
  }

  /** Disconnects. */
  async close(): Promise<void> {
    await this.#deps.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
