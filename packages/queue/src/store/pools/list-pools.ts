import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { callerId, sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import type { PoolDescription } from './pool-description.ts';

/** A job that runs. */
export interface RunningJob {
  /** In its caller's form. */
  readonly id: string;
  /** The contract's name. */
  readonly job: string;
  /** When it was taken, in ms since the epoch. */
  readonly startedAt: number;
  /** Deadline of its attempt, in ms: of its put, else of its contract; null where neither is known. What `extend` added is not in it. */
  readonly timeoutMs: number | null;
}

/** A pool of workers, or a consumer, that gave a sign of life within its lease. */
export interface ListedPool {
  /** Unique. */
  readonly id: string;
  /** What it said of itself; null while it is of a version that says nothing. */
  readonly about: PoolDescription | null;
  /** What it runs, the latest first. */
  readonly running: readonly RunningJob[];
}

/** The pools of a queue, as {@link PoolsAdmin.list} finds them. */
export interface PoolList {
  /** By name, at most 1,000. */
  readonly pools: readonly ListedPool[];
  /** How many live. */
  readonly poolsTotal: number;
  /** Jobs that run elsewhere: in plain Workers of BullMQ, by their names, or in a pool that gave no sign of life. */
  readonly elsewhere: readonly (RunningJob & { readonly worker: string | null })[];
  /** How many jobs run. */
  readonly runningTotal: number;
  /** How many of them were looked at: at most 1,000. */
  readonly runningLooked: number;
}

/** What is looked at by one call. */
const POOLS_MAX = 1_000;
const RUNNING_MAX = 1_000;
const FIELDS_OF_JOB = 7;

const script = new RedisScript(() => ourScript('read-pools'));

type Reply = readonly [
  poolsTotal: number,
  described: readonly string[],
  runningTotal: number,
  running: readonly string[],
];

/** Reads what the pools say of themselves, and what runs. */
export async function listPools(client: Redis, keys: KeysMap): Promise<PoolList> {
  const base = keys[''] ?? '';
  const names = [`${base}${sluiceKeys.pools}`, keys['active'] ?? ''];
  const args = [base, `${base}${sluiceKeys.poolDescription}`, POOLS_MAX, RUNNING_MAX];
  return readPools((await script.run(client, names, args)) as Reply);
}

/** The reply of read-pools.lua as a list. */
function readPools([poolsTotal, described, runningTotal, fields]: Reply): PoolList {
  const pools = new Map<string, ListedPool & { running: RunningJob[] }>();
  for (let at = 0; at < described.length; at += 2) {
    const id = described[at] ?? '';
    pools.set(id, { id, about: readDescription(described[at + 1]), running: [] });
  }
  const elsewhere: (RunningJob & { worker: string | null })[] = [];
  for (let at = 0; at < fields.length; at += FIELDS_OF_JOB) {
    const [id = '', job = '', by = '', deliveries = '', worker = '', startedAt = '', timeout = ''] = fields.slice(
      at,
      at + FIELDS_OF_JOB,
    );
    const pool = pools.get(poolOf(by, deliveries) ?? '');
    const ofContract = pool?.about?.contracts.find(({ name }) => name === job)?.timeoutMs;
    const timeoutMs = Number(timeout) || (ofContract ?? null);
    const running = { id: callerId(id), job, startedAt: Number(startedAt), timeoutMs };
    if (pool) pool.running.push(running);
    else elsewhere.push({ ...running, worker: worker === '' ? null : worker });
  }
  return {
    pools: [...pools.values()].toSorted((a, b) => nameOf(a).localeCompare(nameOf(b))),
    poolsTotal,
    elsewhere,
    runningTotal,
    runningLooked: fields.length / FIELDS_OF_JOB,
  };
}

/** What `sluice.by` of a job says, `<delivery>:<pool>:<fence>`, while no other worker has taken it since. */
function poolOf(by: string, deliveries: string): string | null {
  const [delivery, pool] = by.split(':');
  return pool !== undefined && delivery === deliveries ? pool : null;
}

function readDescription(json: string | undefined): PoolDescription | null {
  return json ? (JSON.parse(json) as PoolDescription) : null;
}

function nameOf({ id, about }: ListedPool): string {
  return about?.name ?? id;
}
