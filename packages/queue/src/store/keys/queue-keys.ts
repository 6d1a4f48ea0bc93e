// The lease thread loads this: nothing of BullMQ but types.
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';

/**
 * The name under which BullMQ knows a queue. The braces are a Redis Cluster hash tag: all keys of a queue live on one
 * node, and different queues may live on different ones. `new Queue('{fetches}')` in BullMQ is our queue `fetches`.
 */
export function storedName(queue: Pick<QueueDefinition, 'name'>): string {
  return `{${queue.name}}`;
}

/** BullMQ's hash of what holds for a queue as a whole. */
export function metaKey(queue: Pick<QueueDefinition, 'name' | 'prefix'>): string {
  return `${queue.prefix}:${storedName(queue)}:meta`;
}

/** Keys of ours, below `<prefix>:<queue>:`. */
export const sluiceKeys = {
  /** Prefix of the strings that hold the reply to a producer's last admission calls, one for each request-id slot. */
  reply: 'sluice:reply:',
  /** Sorted set: tickets of waiting puts by their arrival. */
  waiters: 'sluice:waiters',
  /** Hash: ticket → how many jobs wait, and end of life. */
  tickets: 'sluice:tickets',
  /** Prefix of the hashes that remember ids whose jobs have ended; see known-ids.lua. */
  ids: 'sluice:ids:',
  /** Prefix of the streams by which waiting producers are woken. */
  wake: 'sluice:wake:',
  /** String: somebody awaits results of a queue that else writes no events; see event-policy.lua. */
  awaited: 'sluice:awaited',
  /** String: when the last sweep was; see sweep-leases.lua. */
  sweep: 'sluice:sweep',
  /** Hash: running jobs that have no lock, and since when. */
  stalledCandidates: 'sluice:stalled-candidates',
  /** Sorted set: `<definition> <client>` → its last heartbeat; see claim-capacity.lua. */
  clients: 'sluice:clients',
  /** Sorted set: jobs that ran in a process when it died, by group; see crash-suspects.lua. */
  crashSuspects: 'sluice:crash-suspects',
  /** Set: jobs that were cancelled deep inside the list of waiting ones, where their ids still are; see tombstones.lua. */
  tombstones: 'sluice:tombstones',
  /** Sorted set: jobs that a worker could not run and has put aside → until when; see note-unserved.lua. */
  unserved: 'sluice:unserved',
  /** Hash: contract → its limits; see job-limits.lua for this and the next four. */
  limits: 'sluice:limits',
  /** Prefix of the sets of those of a limited contract's jobs that run. */
  running: 'sluice:running:',
  /** Prefix of the lists of a limited contract's last starts. */
  starts: 'sluice:starts:',
  /** Set: the contracts that have jobs which limits hold back. */
  parked: 'sluice:parked',
  /** Prefix of the sorted sets of those jobs. */
  parkedJobs: 'sluice:parked:',
  /** Prefix of the hashes of an hour's counts; see note-history.lua. */
  history: 'sluice:history:',
  /** Hash: job scheduler → by how many ms a test has moved the queue's clock since it was made; see move-times.lua. */
  movedSchedulers: 'sluice:moved-schedulers',
  /** Prefix of each pool's heartbeat. */
  pool: 'sluice:pool:',
  /** Prefix of what each pool says of itself, in JSON; see pool-description.ts. */
  poolDescription: 'sluice:pool-description:',
  /** Prefix of the hashes of orders to a pool; see pool-orders.ts. */
  orders: 'sluice:orders:',
  /** Prefix of the keys that say that the delivery of this fence was settled as cancelled; see cancel-job.lua. */
  cancelled: 'sluice:cancelled:',
  /** Sorted set: pool → until when its heartbeat lasts; see renew-leases.lua. */
  pools: 'sluice:pools',
  /** Sorted set: what each pool said of itself last → when; see last-heartbeats.lua. */
  lastHeartbeats: 'sluice:last-heartbeats',
} as const;

/** Fields of ours in a job's hash; BullMQ carries them unread. */
export const jobFields = {
  /** Stable code of the error that ended the last failed attempt. */
  failureCode: 'sluice.code',
  /** `<number of the delivery>:<lock token>` of the last time that one of our pools took the job. */
  takenBy: 'sluice.by',
  /** The number of the last delivery during which other jobs ran in the same process. */
  sharedDelivery: 'sluice.sharedDelivery',
  /** JSON, written by the sweep: `[when in ms, how many jobs ran in the process, its worker, how it was judged, which delivery]` of the last crashes. */
  crashes: 'sluice.crashes',
  /** Prefix of the fields of the last attempts that failed; see failed-attempts.ts. */
  failedAttempt: 'sluice.failed.',
  /** JSON: how often the job was replayed, and about the last time; see replay-jobs.lua. */
  replays: 'sluice.replays',
  /** The number of its group, in a crash suspect that a limit holds back. */
  suspectGroup: 'sluice.suspect',
} as const;

const UNRESERVED = /[^A-Za-z0-9._~-]/gu;
const GENERATED = /^[A-Za-z][0-9A-Za-z]{19}$/;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// Random bytes are drawn in bulk: drawing twenty for each id took twelve times as long as all the rest of it.
const random = new Uint8Array(8_192);
let drawn = random.length;

function randomByte(): number {
  if (drawn === random.length) {
    crypto.getRandomValues(random);
    drawn = 0;
  }
  drawn += 1;
  return random[drawn - 1] ?? 0;
}

/** A new id: 20 letters and digits, the first a letter, so that BullMQ never takes it for one of its numbers. */
export function generateId(): string {
  let id = ALPHABET.charAt(10 + (randomByte() % 52));
  while (id.length < 20) id += ALPHABET.charAt(randomByte() % 62);
  return id;
}

/**
 * An id as it is stored: `k.` and percent-encoding, so that no id can name one of BullMQ's own keys. An id of the form
 * that we generate is stored as it is (no key is named like that), so that a caller who puts a job again under the id
 * of a receipt meets the same job.
 */
export function storedId(id: string): string {
  return GENERATED.test(id) ? id : `k.${id.replace(UNRESERVED, percentEncode)}`;
}

function percentEncode(character: string): string {
  const bytes = [...new TextEncoder().encode(character)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** The caller's form of a stored id. One that a foreign client wrote may only look like ours, and stays as it is. */
export function callerId(stored: string): string {
  if (!stored.startsWith('k.')) return stored;
  try {
    return decodeURIComponent(stored.slice(2));
  } catch {
    return stored;
  }
}

/**
 * What the key of a job says: `bull:{emails}:repeat:tock:1000` is the job `repeat:tock:1000` of the queue `emails`. An id may have colons, the
 * name of a queue has none.
 *
 * @param prefix of the queues; that of another one is taken to have no colon
 */
export function partsOfJobKey(key: string, prefix: string): { queue: string; id: string } {
  const rest = key.slice(key.startsWith(`${prefix}:`) ? prefix.length + 1 : key.indexOf(':') + 1);
  const end = rest.indexOf(':');
  return { queue: rest.slice(0, end).replace(/^\{(.*)\}$/, '$1'), id: callerId(rest.slice(end + 1)) };
}
