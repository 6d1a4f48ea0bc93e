import { poolDefaults } from '../../../../job/pool-defaults.ts';
import type { Keyspace, StoredKey } from './keyspace.ts';

interface AgreedDifference {
  what: string;
  why: string;
  /** The key without the difference; null when the key itself is the difference. */
  remove(key: string, stored: StoredKey): StoredKey | null;
}

/**
 * The allowed differences between what BullMQ's backend and ours leave in Redis. Two more are in how a keyspace is read:
 * stream ids and the interleaving of different jobs' events are not compared (a stream is compared as one sequence of
 * events per job), and of a key's expiry only that it has one (Redis counts it by its own clock).
 */
export const agreedDifferences: readonly AgreedDifference[] = [
  {
    what: 'keys `<queue>:sluice:*`',
    why: "Sluice's own: replies to admission calls, the waiter queue. They expire, and obliterate deletes them.",
    remove: (key, stored) => (/^<prefix>:[^:]+:sluice:/.test(key) ? null : stored),
  },
  {
    what: 'fields `sluice.*` of a meta hash, and a meta hash that has no others',
    why: 'The capacity or the seal of the whole fleet. BullMQ reads only other fields. A hash without other fields is ours.',
    remove: (key, stored) => (key.endsWith(':meta') ? withoutOurFields(stored) : stored),
  },
];

/** More differences for jobs that Sluice's own producer has put. */
export const agreedForProducer: readonly AgreedDifference[] = [
  ...agreedDifferences,
  {
    what: "`sluice` inside a job's opts",
    why: "It holds the contract's version, the payload's digest and the attempt's own timeout. BullMQ does not read it.",
    remove: (_, stored) => withOpts(stored, ({ sluice: _ours, ...opts }) => opts),
  },
  {
    what: "the order of the keys inside a job's opts",
    why: 'Ours are stored as the producer wrote them. BullMQ writes its own from a Lua table, which has no order.',
    remove: (_, stored) => withOpts(stored, sorted),
  },
];

/** More differences for jobs that Sluice's own pool has taken. */
export const agreedForPool: readonly AgreedDifference[] = [
  ...agreedDifferences,
  {
    what: "`sluice.by` and `sluice.code` of a job's hash",
    why: "The job's last delivery, and the error code of its last failed attempt.",
    remove: (_, stored) =>
      stored.type === 'hash' ? withoutFields(stored, (name) => name.startsWith('sluice.')) : stored,
  },
  {
    what: 'the `returnvalue` of an event `completed` that is larger than `eventResultMaxBytes`',
    why: 'Otherwise a client that waits for one job would download the results of all, and the stream would hold them. The job has it.',
    remove: (_, stored) => (stored.type === 'stream' ? withoutLargeResults(stored) : stored),
  },
  {
    what: 'the value of a lock',
    why: 'Every delivery of ours has its own token. BullMQ uses the token of a job for the next one, too.',
    remove: (key, stored) => (key.endsWith(':lock') ? { ...stored, value: null } : stored),
  },
];

export function withoutAgreed(keyspace: Keyspace, agreed: readonly AgreedDifference[]): Keyspace {
  const left: Keyspace = {};
  for (const [key, stored] of Object.entries(keyspace)) {
    const rest = agreed.reduce<StoredKey | null>((current, rule) => current && rule.remove(key, current), stored);
    if (rest) left[key] = rest;
  }
  return left;
}

/** Null when the key has no other fields. */
function withoutOurFields(stored: StoredKey): StoredKey | null {
  const rest = withoutFields(stored, (name) => name.startsWith('sluice.'));
  return Object.keys(rest.value as object).length > 0 ? rest : null;
}

function withoutFields(stored: StoredKey, isOurs: (name: string) => boolean): StoredKey {
  const fields = Object.entries(stored.value as Record<string, string>).filter(([name]) => !isOurs(name));
  return { ...stored, value: Object.fromEntries(fields) };
}

type Events = Record<string, Record<string, string>[]>;

function withoutLargeResults(stored: StoredKey): StoredKey {
  const small = (event: Record<string, string>): Record<string, string> => {
    const { returnvalue, 'sluice.resultBytes': bytes, ...rest } = event;
    if (returnvalue === undefined) return event;
    const isLarge = Number(bytes ?? Buffer.byteLength(returnvalue)) > poolDefaults.eventResultMaxBytes;
    return isLarge ? rest : event;
  };
  const events = Object.entries(stored.value as Events).map(([id, sequence]) => [id, sequence.map(small)] as const);
  return { ...stored, value: Object.fromEntries(events) };
}

type Opts = Record<string, unknown>;

function withOpts(stored: StoredKey, change: (opts: Opts) => Opts): StoredKey {
  if (stored.type !== 'hash') return stored;
  const fields = stored.value as Record<string, string>;
  if (fields['opts'] === undefined) return stored;
  const opts: Opts = JSON.parse(fields['opts']);
  return { ...stored, value: { ...fields, opts: JSON.stringify(change(opts)) } };
}

function sorted(opts: Opts): Opts {
  const entries = Object.entries(opts).map(([key, value]) => [key, isObject(value) ? sorted(value) : value] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Opts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
