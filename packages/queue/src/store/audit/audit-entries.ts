import type { Redis } from 'ioredis';

/** The most entries that are kept, about. */
const ENTRIES_MAX = 10_000;
const FIELD = 'entry';

/** Who has changed what through the HTTP service. */
export interface AuditEntry {
  /** When, by the clock of Redis, in milliseconds since 1970. */
  readonly at: number;
  /** What was done: whatever the service wrote, as JSON; at most 4 KiB. Nothing of a payload. */
  readonly what: Readonly<Record<string, unknown>>;
}

/** Some entries, the newest first. */
export interface AuditPage {
  /** At most as many as were asked for. */
  readonly entries: readonly AuditEntry[];
  /** The cursor at which older ones begin; null when there are none. */
  readonly next: string | null;
}

/** The stream with what was changed through the HTTP services of the queues under a prefix. */
export function auditKey(prefix: string): string {
  return `${prefix}:sluice:audit`;
}

/** Adds one; the oldest ones make way. */
export async function writeAuditEntry(client: Redis, stream: string, what: AuditEntry['what']): Promise<void> {
  await client.xadd(stream, 'MAXLEN', '~', ENTRIES_MAX, '*', FIELD, JSON.stringify(what));
}

/** Those before the cursor, the newest first. */
export async function readAuditEntries(
  client: Redis,
  stream: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<AuditPage> {
  const from = cursor === undefined ? '+' : `(${cursor}`;
  const found = await client.xrevrange(stream, from, '-', 'COUNT', limit + 1);
  const shown = found.slice(0, limit);
  const entries = shown.map(([id, fields]) => ({ at: Number(id.split('-')[0]), what: parsed(fields[1]) }));
  return { entries, next: found.length > limit ? (shown.at(-1)?.[0] ?? null) : null };
}

/** What another program has written there is shown as nothing. */
function parsed(json = ''): AuditEntry['what'] {
  try {
    const what: unknown = JSON.parse(json);
    return typeof what === 'object' && what !== null && !Array.isArray(what) ? { ...what } : {};
  } catch {
    return {};
  }
}
