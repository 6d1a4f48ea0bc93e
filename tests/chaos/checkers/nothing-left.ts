import type { Violation } from '@sluice/testing/history';
import type { Evidence } from './evidence.ts';

const ours = 'sluice:';
/** BullMQ's keys that outlive the jobs. Empty lists and sets have no key. */
const bullmqs = new Set(['completed', 'failed', 'events', 'id', 'meta', 'marker', 'pc', 'stalled', 'stalled-check']);

/**
 * Nothing is left behind: no unfinished job, no ticket, no lock, no unknown hash, and of our keys only those
 * that are documented. Each of them expires by itself.
 *
 * Kinds: `unfinished-left`, `ticket-left`, `lock-left`, `undocumented-key`, `key-without-expiry`, `unknown-key`.
 */
export function nothingLeft({ leftovers, documentedKeys }: Evidence): Violation[] {
  const kept = new Set(leftovers.kept);
  const keys = leftovers.keys.flatMap(({ key, livesMs }) => checkKey(key, livesMs, kept, documentedKeys));
  const jobs = leftovers.unfinished.map((id) => violation('unfinished-left', `job ${id} is still unfinished`));
  return [...jobs, ...keys];
}

function checkKey(
  key: string,
  livesMs: number,
  kept: ReadonlySet<string>,
  documented: ReadonlySet<string>,
): Violation[] {
  if (key.startsWith(ours)) return checkOurs(key, livesMs, documented);
  if (key.endsWith(':lock')) return [violation('lock-left', `the lock ${key} is left`)];
  const [job = ''] = key.split(':');
  const isKnown = bullmqs.has(key) || kept.has(job);
  return isKnown ? [] : [violation('unknown-key', `the key ${key} belongs to no job`)];
}

function checkOurs(key: string, livesMs: number, documented: ReadonlySet<string>): Violation[] {
  const part = key.slice(ours.length).split(':')[0] ?? '';
  if (part === 'waiters' || part === 'tickets') return [violation('ticket-left', `the key ${key} is left`)];
  if (!documented.has(part))
    return [violation('undocumented-key', `docs/architecture.md does not list the key ${key}`)];
  return livesMs < 0 ? [violation('key-without-expiry', `the key ${key} does not expire`)] : [];
}

function violation(kind: string, message: string): Violation {
  return { kind, message, evidence: [] };
}
