import type { JobJson } from 'bullmq';
import type { Delivery, Taken } from '../delivery.ts';

/** Reads the answer of BullMQ's take: `[job or nothing, id, rate limit's delay, next delayed job's time]`. */
export function readTaken(raw: readonly unknown[], token: string, takenAtMs: number): Taken {
  const [job, id, limitedMs, nextDueAtMs] = raw;
  if (isJob(job)) return { found: true, delivery: readDelivery(job, String(id), token, takenAtMs) };
  return {
    found: false,
    limitedMs: Math.max(Number(limitedMs) || 0, 0),
    nextDueAtMs: Math.floor(Number(nextDueAtMs) || 0) || null,
  };
}

function isJob(job: unknown): job is JobJson {
  return typeof job === 'object' && job !== null;
}

function readDelivery(job: JobJson, id: string, token: string, takenAtMs: number): Delivery {
  return {
    id,
    token,
    name: job.name ?? '',
    data: job.data,
    options: job.opts,
    attemptsMade: job.attemptsMade || 0,
    deliveries: job.attemptsStarted || 1,
    crashes: job.stalledCounter || 0,
    priority: job.priority || 0,
    doomed: job.deferredFailure ?? null,
    stacks: readStacks(job.stacktrace),
    takenAtMs,
  };
}

function readStacks(json: string | undefined): string[] {
  try {
    const stacks: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(stacks) ? stacks.filter((stack) => typeof stack === 'string') : [];
  } catch {
    return [];
  }
}
