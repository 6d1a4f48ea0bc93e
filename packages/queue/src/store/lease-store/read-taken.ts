import type { Delivery, Taken } from '../../job/delivery.ts';
import { readOptions } from '../../job/read-options.ts';
import type { RareFields, BatchScriptReply } from './batch-script.ts';

/** Whose take it was, and when it was sent. */
export interface TakeOrigin {
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly takenAtMs: number;
}

type Field = string | null | undefined;

const FIELDS_OF_JOB = 5;
const NOT_RARE: RareFields = [0, null, null, null];

/** Reads the jobs in the answer of settle-and-take.lua. */
export function readTaken([, ends, nextDueAtMs, fence, fields, rare]: BatchScriptReply, origin: TakeOrigin): Taken {
  const deliveries: Delivery[] = [];
  for (let i = 0; i < fields.length; i += FIELDS_OF_JOB) {
    const place = deliveries.length + 1;
    const few = rare.length === 0 ? NOT_RARE : (rare.find(([at]) => at === place) ?? NOT_RARE);
    deliveries.push(readDelivery(fields, i, few, Number(fence) + place, origin));
  }
  return { deliveries, more: ends !== 'empty', limitedMs: 0, nextDueAtMs: timeOf(nextDueAtMs) };
}

/** Reads the answer of take-with-bullmq.lua: `[fields and values in turn, id, rate limit's delay, next delayed job's time, fence]`. */
export function readTakenByBullmq(raw: readonly unknown[], origin: TakeOrigin): Taken {
  const [hash, id, limitedMs, nextDueAtMs, fence] = raw;
  if (!Array.isArray(hash)) {
    const waitMs = Math.max(Number(limitedMs) || 0, 0);
    return { deliveries: [], more: false, limitedMs: waitMs, nextDueAtMs: timeOf(nextDueAtMs) };
  }
  const job = new Map<string, string>();
  for (let i = 0; i < hash.length; i += 2) job.set(String(hash[i]), String(hash[i + 1]));
  const get = (name: string): string | null => job.get(name) ?? null;
  // The other script reads a job before it counts the delivery.
  const numbers = [get('atm'), Number(get('ats') ?? 1) - 1, get('stc'), get('priority')].map((number) => number ?? '');
  const fields = [String(id), get('name'), get('data'), get('opts'), numbers.join(' ')];
  const rare: RareFields = [1, get('defa'), get('stacktrace'), get('rjk')];
  const delivery = readDelivery(fields, 0, rare, Number(fence), origin);
  return { deliveries: [delivery], more: true, limitedMs: 0, nextDueAtMs: null };
}

function readDelivery(
  fields: readonly Field[],
  at: number,
  [, deferredFailure, stacks, schedulerId]: RareFields,
  fence: number,
  { pool, takenAtMs }: TakeOrigin,
): Delivery {
  const [attemptsMade, before, crashes, priority] = (fields[at + 4] ?? '').split(' ');
  return {
    id: fields[at] ?? '',
    token: `${pool}:${fence}`,
    fence,
    name: fields[at + 1] ?? '',
    data: fields[at + 2] ?? '',
    options: readOptions(fields[at + 3]),
    attemptsMade: Number(attemptsMade) || 0,
    deliveries: (Number(before) || 0) + 1,
    crashes: Number(crashes) || 0,
    priority: Number(priority) || 0,
    deferredFailure,
    schedulerId,
    stacks: stacks === null ? [] : readStacks(stacks),
    takenAtMs,
    slot: null,
  };
}

function timeOf(ms: unknown): number | null {
  return Math.floor(Number(ms) || 0) || null;
}

function readStacks(json: string): string[] {
  const stacks = readJson(json);
  return Array.isArray(stacks) ? stacks.filter((stack) => typeof stack === 'string') : [];
}

function readJson(json: Field): unknown {
  try {
    return json ? JSON.parse(json) : null;
  } catch {
    return null;
  }
}
