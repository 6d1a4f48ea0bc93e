import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import {
  type AuditEntry,
  auditKey,
  type AuditPage,
  readAuditEntries,
  writeAuditEntry,
} from '../store/audit/audit-entries.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';

/** What {@link AuditLog.list} takes. */
export interface ListAuditOptions {
  /**
   * How many at most, 1 to 1,000.
   *
   * @default 100
   */
  limit?: number;
  /**
   * `next` of the page before.
   *
   * @default the newest
   */
  cursor?: string;
}

const listRules = {
  limit: optionRule.wholeNumber(1, 1_000),
  cursor: { must: 'be `next` of the page before', holds: isCursor },
} satisfies OptionRules<ListAuditOptions>;

export interface AuditLogDeps {
  readonly prefix: string;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/**
 * What was changed through the HTTP services of the queues under a prefix: who, when, what, to how many. Redis keeps the last 10,000 entries or
 * so; the services' logs have all. `queues.audit`.
 */
export class AuditLog {
  readonly #stream: string;
  readonly #call: AuditLogDeps['call'];

  constructor({ prefix, call }: AuditLogDeps) {
    this.#stream = auditKey(prefix);
    this.#call = call;
  }

  /** Some entries, the newest first. @throws OptionError when an option is out of its range */
  async list(options: ListAuditOptions = {}): Promise<AuditPage> {
    checkOptions('audit.list', listRules, options, OptionError);
    const { limit = 100, cursor } = options;
    const from = cursor === undefined ? {} : { cursor };
    return this.#call((client) => readAuditEntries(client, this.#stream, { limit, ...from }));
  }

  /** Adds an entry. For services that change queues on behalf of others. @throws OptionError when it is larger than 4 KiB as JSON */
  async append(what: AuditEntry['what']): Promise<void> {
    if (Buffer.byteLength(JSON.stringify(what)) > 4_096)
      throw new OptionError('audit.append: an entry is at most 4 KiB as JSON');
    await this.#call((client) => writeAuditEntry(client, this.#stream, what));
  }
}

function isCursor(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,16}-\d{1,20}$/.test(value);
}
