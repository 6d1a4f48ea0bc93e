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
  return bullmqs.has(key) || isOfOne(kept, key) ? [] : [violation('unknown-key', `the key ${key} belongs to no job`)];
}

/** Whether it is a job's hash, or a key next to it. The id of an iteration of a schedule has colons too. */
function isOfOne(jobs: ReadonlySet<string>, key: string): boolean {
  for (let end = key.length; end > 0; end = key.lastIndexOf(':', end - 1)) if (jobs.has(key.slice(0, end))) return true;
  return false;
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
