import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** How many jobs may start in a time. */
export interface RateLimit {
  /** From 1 to 1,000,000. */
  jobs: number;
  /** Milliseconds, from 1 to 86,400,000. */
  perMs: number;
}

/** A change of limits: what is absent stays as it is, and null is no limit. */
export interface LimitChange {
  running?: number | null;
  rate?: RateLimit | null;
  /** Only of a contract. */
  paused?: boolean;
}

/** The limits of one contract, and how far they are used. JSON-safe. */
export interface ContractLimits {
  /** The most that may run at once; null for no limit. */
  running: number | null;
  /** How many may start in a time; null for no limit. */
  rate: RateLimit | null;
  /** Whether none of its jobs is taken. */
  paused: boolean;
  /** Of a contract with a limit of `running`: how many have been taken and are not known to have ended; else null. */
  active: number | null;
  /** Jobs that were to be taken, and that a limit holds back. */
  heldBack: number;
}

/** The limits of a queue, and how far they are used. JSON-safe. */
export interface QueueLimits {
  /** The most jobs that may run at once in the whole fleet; null for no limit. */
  running: number | null;
  /** How many may start in a time; null for no limit. */
  rate: RateLimit | null;
  /** Jobs that a worker has. */
  active: number;
  /** Jobs that the limits of their contracts hold back. They count as delayed. */
  heldBack: number;
  /** The contracts that have limits of their own or jobs that are held back, by name. */
  jobs: Record<string, ContractLimits>;
}

/** The most contracts of a queue that may have limits. */
export const LIMITED_CONTRACTS_MAX = 100;

const setScript = new RedisScript(() => ourScript('set-limits'));
const readScript = new RedisScript(() => ourScript('read-limits'));
const FIELDS_OF_CONTRACT = 4;

/**
 * Sets limits for the whole fleet. Works on a full Redis, too.
 *
 * @param job a contract, or null for the queue
 * @returns false when too many contracts have limits already
 */
export async function setLimits(
  client: Redis,
  keys: KeysMap,
  job: string | null,
  { running, rate, paused }: LimitChange,
): Promise<boolean> {
  const value = (of: number | null | undefined): number | '' => (of === undefined ? '' : (of ?? 0));
  const rates = rate === undefined ? ['', ''] : [rate?.jobs ?? 0, rate?.perMs ?? 0];
  const pause = paused === undefined ? '' : Number(paused);
  const args = [keys[''] ?? '', job ?? '', value(running), ...rates, pause, LIMITED_CONTRACTS_MAX];
  return (await setScript.run(client, namesOf(keys, ['meta', 'active', 'marker']), args)) === 1;
}

export async function readLimits(client: Redis, keys: KeysMap): Promise<QueueLimits> {
  const reply = await readScript.run(client, namesOf(keys, ['meta', 'active', 'delayed']), [keys[''] ?? '']);
  const [concurrency, max, duration, active, heldBack, ...contracts] = reply as (string | number | null)[];
  const jobs: Record<string, ContractLimits> = {};
  for (let at = 0; at < contracts.length; at += FIELDS_OF_CONTRACT) {
    jobs[String(contracts[at])] = readContract(contracts.slice(at + 1, at + FIELDS_OF_CONTRACT));
  }
  return {
    running: Number(concurrency) || null,
    rate: rateOf(Number(max), Number(duration)),
    active: Number(active),
    heldBack: Number(heldBack),
    jobs,
  };
}

function readContract([stored, active, heldBack]: readonly (string | number | null | undefined)[]): ContractLimits {
  const [running, jobs, perMs, paused] = String(stored ?? '')
    .split(' ')
    .map(Number);
  return {
    running: running || null,
    rate: rateOf(jobs, perMs),
    paused: paused === 1,
    active: running ? Number(active) : null,
    heldBack: Number(heldBack),
  };
}

function rateOf(jobs: number | undefined, perMs: number | undefined): RateLimit | null {
  return jobs && perMs ? { jobs, perMs } : null;
}

function namesOf(keys: KeysMap, names: readonly string[]): string[] {
  return names.map((name) => keys[name] ?? '');
}
