import type { ContractLimits } from '../limits/queue-limits.ts';
import type { JobSnapshotState } from '../results/job-snapshot.ts';
import { type SuspectWait, suspectWait } from '../poison/suspect-wait.ts';

/** Why a job does not run: one of a closed set. Times are milliseconds since the epoch. */
export type WaitReason =
  /** The queue keeps no such job: it was never put, was cancelled or removed, or ended and is not kept any more. */
  | { reason: 'unknown' }
  /** No such job is kept, but its id is known as that of one that ended, so putting it again adds nothing until then. */
  | { reason: 'ended'; idKnownUntil: number }
  /** A put that waits for capacity has no job in Redis yet. So many puts of so many producers wait. */
  | { reason: 'full'; depth: number; capacity: number; waitingPuts: number; producers: number }
  /** The queue takes no puts. */
  | { reason: 'sealed' }
  | { reason: 'delayed'; until: number; cause: DelayCause }
  | { reason: 'children'; pending: number }
  | { reason: 'paused' }
  /** No pool of ours is connected. BullMQ's own workers are not seen. */
  | { reason: 'no-worker' }
  /** All pools of ours drain. */
  | { reason: 'draining'; pools: number }
  /** No pool of ours has a contract of its name. */
  | { reason: 'no-contract'; job: string }
  /** It was put with a newer version of its contract than any pool of ours has. */
  | { reason: 'version-too-new'; job: string; version: number; newest: number }
  /** The worker that took it last could not run it, and gave it back. */
  | { reason: 'not-served'; code: string; message: string }
  /** Every slot of the pools that could run it is taken. */
  | { reason: 'busy'; slots: number; running: number }
  /** It may have killed a worker, and waits for its turn to run alone. So many suspects are tried before its group. */
  | { reason: 'suspect'; ahead: number; groupSize: number; waitsFor: SuspectWait }
  /** So many crash suspects are tried first by workers in which nothing runs. */
  | { reason: 'behind-suspects'; suspects: number }
  /** As many jobs run as the queue's limit allows (BullMQ's global concurrency), or as many started in a time. */
  | { reason: 'limited'; by: 'concurrency'; running: number; most: number }
  | { reason: 'limited'; by: 'rate'; most: number; perMs: number; until: number }
  /** As many jobs of its contract run as that may have at once, or have started in a time. */
  | { reason: 'limited'; by: 'job-running'; job: string; running: number; most: number }
  | { reason: 'limited'; by: 'job-rate'; job: string; most: number; perMs: number }
  /** Its contract is paused. */
  | { reason: 'job-paused'; job: string }
  /** Jobs that are taken first. `isMore`: there are more than those, and nobody has counted them. */
  | { reason: 'behind'; jobs: number; isMore: boolean }
  /** Jobs without a priority come first, then those of a smaller number, then those that were put before. */
  | { reason: 'priority'; priority: number; jobs: number }
  /** Its result is not wanted any more: it will end without a run. */
  | { reason: 'expired'; at: number }
  /** It is active, and its lease ran out: its worker is gone or cut off. A sweep gives it back within seconds. */
  | { reason: 'lease-lost' }
  /** Nothing holds it: the next free slot takes it. */
  | { reason: 'next' };

/** What a job is delayed for: its put or schedule, the pause before its next attempt, or that no worker could run it. */
export type DelayCause = 'put' | 'retry' | 'not-served';

/** What a pool says of itself. */
export interface PoolLook {
  readonly isDraining: boolean;
  /** Null for a consumer, and for a pool that does not say. */
  readonly slots: number | null;
  readonly running: number;
  /** Null where it does not say. */
  readonly contracts: readonly { readonly name: string; readonly version: number }[] | null;
}

/** What is known of a job and its queue at one instant. */
export interface WaitSnapshot {
  readonly nowMs: number;
  readonly state: JobSnapshotState | 'unknown';
  readonly idKnownUntilMs: number | null;
  readonly queue: {
    readonly isSealed: boolean;
    readonly isPaused: boolean;
    readonly depth: number;
    /** 0 for none. */
    readonly capacity: number;
    readonly waitingPuts: number;
    readonly producers: number;
    readonly active: number;
    readonly concurrency: number | null;
    /** BullMQ's limit of starts, while it holds. */
    readonly rate: { readonly most: number; readonly perMs: number; readonly untilMs: number } | null;
    readonly suspects: number;
  };
  /** Those of ours that are connected. */
  readonly pools: readonly PoolLook[];
  /** The contract's name. */
  readonly job: string;
  /** Of the contract with which it was put; null for a job of another client. */
  readonly version: number | null;
  readonly dueAtMs: number | null;
  /** Whether a limit of its contract held it back when it was to be taken. */
  readonly isHeldBack: boolean;
  /** Those of its contract; null for none. */
  readonly limits: Pick<ContractLimits, 'running' | 'rate' | 'paused' | 'active'> | null;
  readonly pendingChildren: number;
  readonly isLocked: boolean;
  readonly attempts: number;
  /** Why it was given back, or its last attempt failed. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly expiresAtMs: number | null;
  /** How many suspects come before its group, and how large that is; null when it is none. */
  readonly suspect: { readonly ahead: number; readonly groupSize: number } | null;
  /** 0 for none. */
  readonly priority: number;
  /** How many jobs are taken before it; null when it is in no list that is looked at. */
  readonly behind: { readonly jobs: number; readonly isMore: boolean } | null;
}

/** Why the job does not run, what holds first first; empty when it runs or has ended. */
export function waitReasons(look: WaitSnapshot): WaitReason[] {
  switch (look.state) {
    case 'completed':
    case 'dead':
      return [];
    case 'active':
      return look.isLocked ? [] : [{ reason: 'lease-lost' }];
    case 'unknown':
      return reasonsWithoutJob(look);
    case 'waiting-children':
      return [{ reason: 'children', pending: look.pendingChildren }];
    case 'delayed':
      return reasonsOfDelay(look);
    case 'waiting':
      return reasonsOfWaiting(look);
    default:
      return look.state satisfies never;
  }
}

function reasonsWithoutJob({ idKnownUntilMs, queue }: WaitSnapshot): WaitReason[] {
  const reasons: WaitReason[] = [
    idKnownUntilMs === null ? { reason: 'unknown' } : { reason: 'ended', idKnownUntil: idKnownUntilMs },
  ];
  const { isSealed, depth, capacity, waitingPuts, producers } = queue;
  if (isSealed) reasons.push({ reason: 'sealed' });
  if ((capacity > 0 && depth >= capacity) || waitingPuts > 0)
    reasons.push({ reason: 'full', depth, capacity, waitingPuts, producers });
  return reasons;
}

/** Codes of jobs that no worker here could run: `unserved-jobs.ts`. */
const NOT_SERVED: readonly string[] = ['SLUICE_JOB_NOT_SERVED', 'SLUICE_VERSION_TOO_NEW'];

function isNotServed({ failure }: WaitSnapshot): boolean {
  return failure !== null && NOT_SERVED.includes(failure.code);
}

function reasonsOfDelay(look: WaitSnapshot): WaitReason[] {
  if (look.isHeldBack) return holds(look).length > 0 ? holds(look) : [{ reason: 'next' }];
  const until = look.dueAtMs ?? look.nowMs;
  const cause = isNotServed(look) ? 'not-served' : look.attempts > 0 ? 'retry' : 'put';
  const delayed: WaitReason = { reason: 'delayed', until, cause };
  return [delayed, ...(until > look.nowMs ? [] : holds(look)), ...notServed(look)];
}

function reasonsOfWaiting(look: WaitSnapshot): WaitReason[] {
  const { expiresAtMs, nowMs } = look;
  const reasons = [...holds(look), ...notServed(look)];
  if (expiresAtMs !== null && expiresAtMs <= nowMs) reasons.push({ reason: 'expired', at: expiresAtMs });
  reasons.push(...order(look));
  return reasons.length > 0 ? reasons : [{ reason: 'next' }];
}

/** What holds every job of the queue, or every one of its contract. */
function holds(look: WaitSnapshot): WaitReason[] {
  const { queue, pools, job, version } = look;
  const { isPaused, concurrency, active, rate } = queue;
  const reasons: WaitReason[] = [];
  if (isPaused) reasons.push({ reason: 'paused' });
  reasons.push(...missingWorker(pools, job, version));
  if (concurrency !== null && active >= concurrency)
    reasons.push({ reason: 'limited', by: 'concurrency', running: active, most: concurrency });
  if (rate) reasons.push({ reason: 'limited', by: 'rate', most: rate.most, perMs: rate.perMs, until: rate.untilMs });
  return [...reasons, ...contractLimits(look)];
}

/** How many have started is not counted here: only a job that was held back shows that a rate is used up. */
function contractLimits({ limits, job, isHeldBack }: WaitSnapshot): WaitReason[] {
  if (!limits) return [];
  const { paused, running, active, rate } = limits;
  if (paused) return [{ reason: 'job-paused', job }];
  if (running !== null && active !== null && active >= running)
    return [{ reason: 'limited', by: 'job-running', job, running: active, most: running }];
  return rate && isHeldBack ? [{ reason: 'limited', by: 'job-rate', job, most: rate.jobs, perMs: rate.perMs }] : [];
}

function missingWorker(pools: readonly PoolLook[], job: string, version: number | null): WaitReason[] {
  if (pools.length === 0) return [{ reason: 'no-worker' }];
  if (pools.every(({ isDraining }) => isDraining)) return [{ reason: 'draining', pools: pools.length }];
  if (pools.some(({ contracts }) => contracts === null)) return [];
  const versions = pools.flatMap(({ contracts }) => contracts ?? []).filter(({ name }) => name === job);
  if (versions.length === 0) return [{ reason: 'no-contract', job }];
  const newest = Math.max(...versions.map((contract) => contract.version));
  return version !== null && version > newest ? [{ reason: 'version-too-new', job, version, newest }] : [];
}

/** Every slot of those that could run it is taken. A consumer has slots for those who ask only. */
function busyWorkers({ pools, job, version }: WaitSnapshot): WaitReason[] {
  const able = pools.filter(({ isDraining, contracts }) => {
    const contract = contracts?.find(({ name }) => name === job);
    return !isDraining && (contracts === null || (contract !== undefined && contract.version >= (version ?? 0)));
  });
  if (able.length === 0 || able.some(({ slots, running }) => slots === null || running < slots)) return [];
  const sum = (count: (pool: PoolLook) => number): number => able.reduce((total, pool) => total + count(pool), 0);
  return [{ reason: 'busy', slots: sum(({ slots }) => slots ?? 0), running: sum(({ running }) => running) }];
}

function notServed(look: WaitSnapshot): WaitReason[] {
  const { failure } = look;
  return failure && isNotServed(look) ? [{ reason: 'not-served', ...failure }] : [];
}

/** What comes before it. */
function order(look: WaitSnapshot): WaitReason[] {
  const { suspect, queue, pools, priority, behind } = look;
  if (suspect) {
    const waitsFor = suspectWait({ isPaused: queue.isPaused, pools: pools.length, groupsAhead: suspect.ahead });
    return [{ reason: 'suspect', ...suspect, waitsFor }];
  }
  const reasons = busyWorkers(look);
  if (queue.suspects > 0) reasons.push({ reason: 'behind-suspects', suspects: queue.suspects });
  if (!behind || behind.jobs === 0) return reasons;
  const position: WaitReason =
    priority > 0 ? { reason: 'priority', priority, jobs: behind.jobs } : { reason: 'behind', ...behind };
  return [...reasons, position];
}
