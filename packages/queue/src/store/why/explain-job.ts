import { createHash } from 'node:crypto';
import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { EventPolicy, QueueDefinition } from '../../job/contracts/queue-policy.ts';
import type { JobFailure } from '../../job/errors/index.ts';
import { readOptions } from '../../job/read-options.ts';
import { findSnapshot } from '../jobs/job-details.ts';
import { countJobs, sourcesOf } from '../jobs/job-sources.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { jobFields, sluiceKeys } from '../keys/queue-keys.ts';
import { type JobCrash, readCrashes } from '../poison/job-crashes.ts';
import { isHeldBack } from '../limits/held-back.ts';
import { type QueueLimits, readLimits } from '../limits/queue-limits.ts';
import { listPools } from '../pools/list-pools.ts';
import { failedAttemptFields, readFailedAttempts } from '../results/failed-attempts.ts';
import type { JobSnapshot, JobSnapshotState } from '../results/job-snapshot.ts';
import { readStats } from '../stats/queue-stats.ts';
import { type JobTransition, jobTransitions } from './job-transitions.ts';
import { CLOCKS_APART_MS, type JobEvents, readJobEvents } from './read-job-events.ts';
import { type PoolLook, type WaitReason, waitReasons, type WaitSnapshot } from './wait-reasons.ts';

/** What runs a job now. */
export interface RunningOn {
  /** The name of its worker. */
  worker: string | null;
  /** Which delivery that is, from 1. */
  delivery: number;
  /** Its fencing token; null in a worker that is not ours. */
  fencingToken: number | null;
  /** When it was taken, in milliseconds since the epoch. */
  since: number;
  /** How much longer the lease lasts, unless it is renewed, in milliseconds. */
  leaseMs: number;
}

/** Why a job is where it is. JSON-safe. */
export interface JobExplanation {
  /** The caller's id. */
  id: string;
  /** The contract's name; null of a job that is not kept. */
  job: string | null;
  /** `unknown`: not kept. */
  state: JobSnapshotState | 'unknown';
  /** Why it does not run, what holds first first; empty when it runs or has ended. */
  reasons: WaitReason[];
  /** Where it runs; null when it does not. */
  running: RunningOn | null;
  /** Attempts that have ended, how many there may be, takes by a worker, and takes that a sweep took back and counted. */
  attempts: { made: number; most: number; deliveries: number; counted: number };
  /** Why it died, or why its last attempt failed; null for neither. */
  failure: JobFailure | null;
  /** The last processes that died while it ran there. */
  crashes: JobCrash[];
  /** How many lines its handler has logged. */
  logs: number;
  /** Every step that Redis still knows, in the order of time. */
  transitions: JobTransition[];
  /**
   * Whether these are all: else older events were trimmed, there are more than 20,000, or the queue's policy did not have them all
   * written since the job was put.
   */
  isWhole: boolean;
  /** Which events the queue writes now; with any but `all`, what is known of a job are its first and last steps. */
  events: EventPolicy;
}

export interface ExplainDeps {
  readonly keys: KeysMap;
  readonly queue: Pick<QueueDefinition, 'capacity' | 'keep' | 'jobs'>;
}

/** How far into the list of waiting jobs one is looked for. */
const POSITION_MAX = 10_000;
const DUE_UNIT = 0x1000;
const plainlyWaiting = sourcesOf(['waiting']).filter(({ key }) => key === 'wait');

/** @param id the caller's; or BullMQ's own, of a job that a foreign client put */
export async function explainJob(client: Redis, deps: ExplainDeps, id: string): Promise<JobExplanation> {
  const { keys } = deps;
  const { stored, snapshot } = await findSnapshot(client, deps, id);
  const [details, look, events] = await Promise.all([
    readDetails(client, keys, stored),
    readQueue(client, deps, stored),
    readEvents(client, keys, { id, stored }, snapshot),
  ]);
  const state = stateOf(snapshot, details);
  const { limits, eventPolicy, allEventsSinceMs, ...queueLook } = look;
  const { token, leaseMs, worker, deliveries, crashes, failedAttempts, ...rest } = details;
  const fencingToken = Number(token?.split(':').at(-1)) || null;
  const startedAt = snapshot?.startedAt ?? null;
  const endedAt = snapshot?.endedAt ?? null;
  const life = { createdAt: snapshot?.createdAt ?? null, startedAt, endedAt, isDead: state === 'dead', worker };
  return {
    id,
    job: snapshot?.job ?? null,
    state,
    reasons: waitReasons({
      ...queueLook,
      ...rest,
      limits: limits[snapshot?.job ?? ''] ?? null,
      state,
      isLocked: leaseMs > 0,
      job: snapshot?.job ?? '',
      attempts: snapshot?.attempts ?? 0,
      failure: snapshot?.failure ?? null,
    }),
    running:
      state === 'active' && leaseMs > 0
        ? { worker, delivery: deliveries, fencingToken, since: startedAt ?? 0, leaseMs }
        : null,
    attempts: { made: snapshot?.attempts ?? 0, most: rest.attemptsMax, deliveries, counted: rest.counted },
    failure: snapshot?.failure ?? null,
    crashes,
    logs: rest.logs,
    transitions: jobTransitions(events.entries, { ...life, fencingToken, deliveries, crashes, failedAttempts }),
    isWhole: allEventsSinceMs <= (snapshot?.createdAt ?? 0) && hasBeginning(events, snapshot),
    events: eventPolicy,
  };
}

function hasBeginning({ isWhole, entries }: JobEvents, snapshot: JobSnapshot | null): boolean {
  return isWhole && (snapshot === null || entries.some(({ event }) => event === 'added'));
}

/** What is not kept may have been a foreign client's, under its id as it is. */
async function readEvents(
  client: Redis,
  keys: KeysMap,
  { id, stored }: { id: string; stored: string },
  snapshot: JobSnapshot | null,
): Promise<JobEvents> {
  const events = await readJobEvents(client, keys, stored, snapshot?.createdAt ?? 0);
  return snapshot || events.entries.length > 0 || stored === id ? events : readJobEvents(client, keys, id, 0);
}

/** A snapshot takes a job without a lock for one that waits. */
function stateOf(snapshot: JobSnapshot | null, { isActive }: JobDetails): JobExplanation['state'] {
  if (!snapshot) return 'unknown';
  return snapshot.state === 'waiting' && isActive ? 'active' : snapshot.state;
}

type JobDetails = Awaited<ReturnType<typeof readDetails>>;

const ownFields = ['opts', 'pb', 'ats', 'stc', 'priority', jobFields.takenBy, jobFields.crashes];

/** What is known of the job alone. */
async function readDetails(client: Redis, keys: KeysMap, id: string) {
  const key = `${keys['']}${id}`;
  const key_ = (name: string): string => keys[name] ?? '';
  const [hash, leaseMs, delayed, rank, waiting, inWait, inPaused, children, logs, inActive] = await Promise.all([
    client.hmget(key, ...ownFields, ...failedAttemptFields),
    client.pttl(`${key}:lock`),
    client.zscore(key_('delayed'), id),
    client.zrank(key_('prioritized'), id),
    countJobs(client, keys, plainlyWaiting),
    client.lpos(key_('wait'), id, 'RANK', -1, 'MAXLEN', POSITION_MAX),
    client.lpos(key_('paused'), id, 'RANK', -1, 'MAXLEN', POSITION_MAX),
    client.scard(`${key}:dependencies`),
    client.llen(`${key}:logs`),
    client.lpos(key_('active'), id, 'MAXLEN', POSITION_MAX),
  ]);
  const [opts, worker = null, deliveries, counted, priority, takenBy, crashes, ...failedAttempts] = hash;
  const { attempts = 1, sluice } = readOptions(opts);
  const [delivery, ...token] = takenBy?.split(':') ?? [];
  return {
    version: sluice?.v ?? null,
    expiresAtMs: sluice?.e ?? null,
    attemptsMax: Math.max(1, attempts),
    worker,
    token: delivery === deliveries ? token.join(':') : null,
    deliveries: Number(deliveries ?? 0),
    counted: Number(counted ?? 0),
    priority: Number(priority ?? 0),
    crashes: readCrashes(crashes),
    failedAttempts: readFailedAttempts(failedAttempts.map((value) => value ?? null)),
    leaseMs,
    dueAtMs: delayed === null ? null : Math.floor(Number(delayed) / DUE_UNIT),
    isHeldBack: isHeldBack(delayed),
    pendingChildren: children,
    logs,
    isActive: inActive !== null,
    behind: behindOf({ rank, waiting, inWait: inWait ?? inPaused }),
  };
}

/** Lists are taken from at their tail; the jobs of `wait` before those with a priority. */
function behindOf({ rank, waiting, inWait }: { rank: number | null; waiting: number; inWait: number | null }) {
  if (rank !== null) return { jobs: rank + waiting, isMore: false };
  if (inWait !== null) return { jobs: Math.max(0, waiting - 1 - inWait), isMore: false };
  return waiting >= POSITION_MAX ? { jobs: POSITION_MAX, isMore: true } : null;
}

interface QueueLook extends Pick<WaitSnapshot, 'nowMs' | 'idKnownUntilMs' | 'queue' | 'pools' | 'suspect'> {
  limits: QueueLimits['jobs'];
  eventPolicy: EventPolicy;
  /** Infinity while it does not write all. */
  allEventsSinceMs: number;
}

/** What is known of the queue, and of the job's part in it. */
async function readQueue(client: Redis, { keys, queue }: ExplainDeps, id: string): Promise<QueueLook> {
  const base = keys[''] ?? '';
  const suspectsKey = `${base}${sluiceKeys.crashSuspects}`;
  const bucket = `${base}${sluiceKeys.ids}${createHash('sha1').update(id).digest('hex').slice(0, 2)}`;
  const [stats, { jobs: limits }, { pools }, meta, started, limitedMs, memory, suspects, score, [seconds]] =
    await Promise.all([
      readStats(client, keys, queue),
      readLimits(client, keys),
      listPools(client, keys),
      client.hmget(keys['meta'] ?? '', 'concurrency', 'max', 'duration', metaFields.eventsSince),
      client.get(keys['limiter'] ?? ''),
      client.pttl(keys['limiter'] ?? ''),
      client.hget(bucket, id),
      client.zcard(suspectsKey),
      client.zscore(suspectsKey, id),
      client.time(),
    ]);
  const nowMs = Number(seconds) * 1_000;
  const [concurrency, most, perMs, eventsSinceMs] = meta.map((value) => (value === null ? null : Number(value)));
  const isRateUsed = most !== null && most !== undefined && Number(started ?? 0) >= most && limitedMs > 0;
  const knownUntilMs = Number(memory?.split(' ')[0] ?? 0);
  return {
    limits,
    eventPolicy: stats.events,
    // A job's time is that of the putter's clock.
    allEventsSinceMs: stats.events === 'all' ? (eventsSinceMs ?? -Infinity) + CLOCKS_APART_MS : Infinity,
    nowMs,
    idKnownUntilMs: knownUntilMs > nowMs ? knownUntilMs : null,
    queue: {
      isSealed: stats.sealed,
      isPaused: stats.paused,
      depth: stats.depth,
      capacity: stats.capacity,
      waitingPuts: stats.waiters.puts,
      producers: stats.waiters.producers,
      active: stats.active,
      concurrency: concurrency ?? null,
      rate: isRateUsed ? { most, perMs: perMs ?? 0, untilMs: nowMs + limitedMs } : null,
      suspects,
    },
    pools: pools.map(({ about, running }): PoolLook => {
      const { state = 'running', slots = null, contracts = null } = about ?? {};
      return { isDraining: state === 'draining', slots, running: running.length, contracts };
    }),
    suspect: score === null ? null : await placeOf(client, suspectsKey, score),
  };
}

async function placeOf(client: Redis, key: string, score: string): Promise<{ ahead: number; groupSize: number }> {
  const [ahead, groupSize] = await Promise.all([
    client.zcount(key, '-inf', `(${score}`),
    client.zcount(key, score, score),
  ]);
  return { ahead, groupSize };
}
