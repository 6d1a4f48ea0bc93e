import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { listJobs, type ListedJob } from '../jobs/list-jobs.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { nullIfNoHash } from '../jobs/job-details.ts';
import { callerId, jobFields, sluiceKeys, storedId } from '../keys/queue-keys.ts';
import { type JobCrash, readCrashes } from './job-crashes.ts';
import { type SuspectWait, suspectWait } from './suspect-wait.ts';

/** A job that ran in a process when it died, so that it may have killed it. */
export interface CrashSuspect {
  /** The caller's id. */
  id: string;
  /** The contract's name. */
  job: string;
  /** `running`: its group has a process to itself now. If that dies, one of the group did it. */
  state: 'waiting' | 'running';
  /** When its group is tried: 1 is next; 0 runs now. */
  turn: number;
  /** How many jobs its group has. */
  groupSize: number;
  /** Since when it is in this group, in milliseconds since the epoch. */
  suspectedAt: number;
  /** What it waits for; null while it runs. */
  waitsFor: SuspectWait | null;
  /** The last crashes of processes in which it ran. */
  crashes: JobCrash[];
}

/** A dead letter that ended its workers, and how that was found. */
export interface FoundPoison extends ListedJob {
  /** Its last crashes, with the evidence of each. */
  crashes: JobCrash[];
}

/** What is known of jobs that end their workers. JSON-safe. */
export interface PoisonReport {
  /** In the order in which they are tried: those that run, then those that wait. */
  suspects: CrashSuspect[];
  /** How many suspects wait, those included that are not listed. */
  waiting: number;
  /** From when on a busy pool may be asked to make way for them, in milliseconds since the epoch; null without suspects. */
  makeWayAt: number | null;
  /** While it is, no suspect is tried. */
  paused: boolean;
  /** Pools of ours that serve the queue. */
  pools: number;
  /** Dead letters that ended their workers, the last one first. */
  guilty: FoundPoison[];
  /** Among how many dead letters they were looked for: the last 5,000 at most. */
  looked: number;
  /** How many dead letters there are. */
  dead: number;
}

/** The most jobs that run, the last taken ones, among which suspects are looked for. */
const ACTIVE_READ_MAX = 1_000;
/** Score of a group: Redis's clock in microseconds when it was formed, and a number that tells groups of one sweep apart. */
const SCORES_PER_MS = 1_000;

/** Looks at suspects, at the jobs that run, and at dead letters: at most `limit` of each. */
export async function readPoison(client: Redis, keys: KeysMap, limit: number): Promise<PoisonReport> {
  const base = keys[''] ?? '';
  const suspectsKey = `${base}${sluiceKeys.crashSuspects}`;
  // Before the others are sent: a rejection of what is not awaited yet would end the process.
  const nowMs = await serverMs(client);
  const [entries, waiting, [paused, makeWayAt], pools, running] = await Promise.all([
    client.zrange(suspectsKey, 0, String(limit - 1), 'WITHSCORES'),
    client.zcard(suspectsKey),
    client.hmget(keys['meta'] ?? '', 'paused', metaFields.crashSuspects),
    client.zcount(`${base}${sluiceKeys.pools}`, nowMs, '+inf'),
    readRunning(client, keys),
  ]);
  const look = { pools, isPaused: typeof paused === 'string' };
  const groups = await readGroups(client, suspectsKey, pairsOf(entries));
  const waitingOnes = groups.flatMap(({ ids, ...group }) =>
    ids.map((id) => ({ id, ...group, waitsFor: suspectWait({ ...look, groupsAhead: group.turn - 1 }) })),
  );
  const suspects = await withHashes(client, base, [...running, ...waitingOnes]);
  return {
    suspects: suspects.slice(0, limit),
    waiting,
    makeWayAt: waiting === 0 ? null : Number(makeWayAt ?? 0),
    paused: look.isPaused,
    pools,
    ...(await readGuilty(client, keys, limit)),
  };
}

async function serverMs(client: Redis): Promise<number> {
  const [seconds, micros] = await client.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

type Placed = Omit<CrashSuspect, 'job' | 'crashes' | 'state'>;

function pairsOf(flat: readonly string[]): { id: string; score: string }[] {
  return flat.flatMap((id, at) => (at % 2 === 0 ? [{ id, score: flat[at + 1] ?? '0' }] : []));
}

interface Group extends Pick<Placed, 'turn' | 'groupSize' | 'suspectedAt'> {
  readonly ids: string[];
}

/** The last one may be larger than what was read of it. */
async function readGroups(
  client: Redis,
  key: string,
  members: readonly { id: string; score: string }[],
): Promise<Group[]> {
  const byScore = Map.groupBy(members, ({ score }) => score);
  const lastScore = members.at(-1)?.score ?? '0';
  const lastSize = members.length === 0 ? 0 : await client.zcount(key, lastScore, lastScore);
  return [...byScore].map(([score, group], index) => ({
    ids: group.map(({ id }) => id),
    turn: index + 1,
    groupSize: score === lastScore ? lastSize : group.length,
    suspectedAt: Math.floor(Number(score) / SCORES_PER_MS),
  }));
}

/** The suspects that run: of those that are active, the ones whose delivery is the first one since a crash that made them suspects. */
async function readRunning(client: Redis, keys: KeysMap): Promise<Placed[]> {
  const ids = await client.lrange(keys['active'] ?? '', 0, ACTIVE_READ_MAX - 1);
  const jobs = await readHashes(client, keys[''] ?? '', ids, [jobFields.crashes, 'ats', jobFields.takenBy]);
  const running = jobs.flatMap(({ id, values: [crashes, deliveries, takenBy = ''] }) => {
    const last = readCrashes(crashes).at(-1);
    const isTried = last && makesSuspect(last) && Number(deliveries) === (last.delivery ?? 0) + 1;
    return isTried ? [{ id, suspectedAt: last.at, process: processOf(takenBy ?? '') }] : [];
  });
  const groups = Map.groupBy(running, ({ process }) => process);
  return running.map(({ id, suspectedAt, process }) => {
    return { id, suspectedAt, turn: 0, groupSize: groups.get(process)?.length ?? 1, waitsFor: null };
  });
}

function makesSuspect({ evidence }: JobCrash): boolean {
  return evidence === 'shared' || evidence === 'alone';
}

/** `<delivery>:<process>.<number of the pool>:<fence>`. */
function processOf(takenBy: string): string {
  return /^\d+:([^.]*)/.exec(takenBy)?.[1] ?? '';
}

/** Without those that are gone. */
async function withHashes(client: Redis, base: string, placed: readonly Placed[]): Promise<CrashSuspect[]> {
  const ids = placed.map(({ id }) => id);
  const hashes = await readHashes(client, base, ids, ['name', jobFields.crashes]);
  return placed.flatMap(({ id, ...rest }, index) => {
    const [job = null, crashes] = hashes[index]?.values ?? [];
    if (job === null) return [];
    const state = rest.turn === 0 ? 'running' : 'waiting';
    return [{ id: callerId(id), job, state, ...rest, crashes: readCrashes(crashes) } satisfies CrashSuspect];
  });
}

const CRASHED = 'SLUICE_JOB_CRASHED';

async function readGuilty(
  client: Redis,
  keys: KeysMap,
  limit: number,
): Promise<Pick<PoisonReport, 'guilty' | 'looked' | 'dead'>> {
  const page = await listJobs(client, keys, { states: ['dead'], code: CRASHED }, { limit });
  const found = page?.jobs ?? [];
  const ids = found.map(({ id }) => id);
  const [ours, foreign] = await Promise.all([
    readHashes(client, keys[''] ?? '', ids.map(storedId), [jobFields.crashes]),
    readHashes(client, keys[''] ?? '', ids, [jobFields.crashes]),
  ]);
  const guilty = found.map((job, index) => {
    const crashes = ours[index]?.values[0] ?? foreign[index]?.values[0];
    return { ...job, crashes: readCrashes(crashes) };
  });
  return { guilty, looked: page?.looked ?? 0, dead: page?.total ?? 0 };
}

interface HashValues {
  readonly id: string;
  readonly values: readonly (string | null)[];
}

/** What is no hash gives no values. */
async function readHashes(
  client: Redis,
  base: string,
  ids: readonly string[],
  fields: readonly string[],
): Promise<HashValues[]> {
  if (ids.length === 0) return [];
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hmget(`${base}${id}`, ...fields);
  const replies = (await pipeline.exec()) ?? [];
  return ids.map((id, index) => {
    const [error, values] = replies[index] ?? [];
    return { id, values: error ? (nullIfNoHash(error) ?? []) : (values as (string | null)[]) };
  });
}
