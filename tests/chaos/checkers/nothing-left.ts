import type { Violation } from '@sluice/testing/history';
import type { Evidence } from './evidence.ts';

const ours = 'sluice:';
/** Of BullMQ's keys those that outlive the jobs. Empty lists and sets are no keys. */
const bullmqs = new Set(['completed', 'failed', 'events', 'id', 'meta', 'marker', 'pc', 'stalled', 'stalled-check']);

/**
 * Nothing is left behind: no unfinished job, no ticket, no lock, no hash that nobody knows, and of our keys only those
 * that are documented, each of which expires by itself.
 *
 * Kinds: `unfinished-left`, `ticket-left`, `lock-left`, `undocumented-key`, `key-for-ever`, `strange-key`.
 */
export function nothingLeft({ leftovers, documentedKeys }: Evidence): Violation[] {
  const kept = new Set(leftovers.kept);
  const keys = leftovers.keys.flatMap(({ key, livesMs }) => checkKey(key, livesMs, kept, documentedKeys));
  const jobs = leftovers.unfinished.map((id) => accuse('unfinished-left', `job ${id} is still unfinished`));
  return [...jobs, ...keys];
}

function checkKey(
  key: string,
  livesMs: number,
  kept: ReadonlySet<string>,
  documented: ReadonlySet<string>,
): Violation[] {
  if (key.startsWith(ours)) return checkOurs(key, livesMs, documented);
  if (key.endsWith(':lock')) return [accuse('lock-left', `the lock ${key} is left`)];
  const [job = ''] = key.split(':');
  const isKnown = bullmqs.has(key) || kept.has(job);
  return isKnown ? [] : [accuse('strange-key', `the key ${key} belongs to nobody`)];
}

function checkOurs(key: string, livesMs: number, documented: ReadonlySet<string>): Violation[] {
  const part = key.slice(ours.length).split(':')[0] ?? '';
  if (part === 'waiters' || part === 'tickets') return [accuse('ticket-left', `the key ${key} is left`)];
  if (!documented.has(part)) return [accuse('undocumented-key', `no page of the docs knows the key ${key}`)];
  return livesMs < 0 ? [accuse('key-for-ever', `the key ${key} does not expire`)] : [];
}

function accuse(kind: string, message: string): Violation {
  return { kind, message, evidence: [] };
}
