import type { Delivery, StoredOptions, Taken } from '../delivery.ts';
import type { JobFields, TurnReply } from './turn-script.ts';

/** Whose take it was, and when it was sent. */
export interface TakeOrigin {
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly takenAtMs: number;
}

/** Reads the jobs in the answer of settle-and-take.lua. */
export function readTaken([, ends, nextDueAtMs, fence, ids, jobs]: TurnReply, origin: TakeOrigin): Taken {
  const first = Number(fence) + 1;
  const deliveries = ids.map((id, index) => readDelivery(id, jobs[index] ?? NO_FIELDS, first + index, origin));
  return { deliveries, more: ends !== 'empty', limitedMs: 0, nextDueAtMs: timeOf(nextDueAtMs) };
}

/** Reads the answer of take-one.lua: `[fields and values in turn, id, rate limit's delay, next delayed job's time, fence]`. */
export function readTakenAlone(raw: readonly unknown[], origin: TakeOrigin): Taken {
  const [fields, id, limitedMs, nextDueAtMs, fence] = raw;
  if (!Array.isArray(fields)) {
    const waitMs = Math.max(Number(limitedMs) || 0, 0);
    return { deliveries: [], more: false, limitedMs: waitMs, nextDueAtMs: timeOf(nextDueAtMs) };
  }
  const delivery = readDelivery(String(id), jobFields(fields), Number(fence), origin);
  return { deliveries: [delivery], more: true, limitedMs: 0, nextDueAtMs: null };
}

const FIELDS = ['name', 'data', 'opts', 'atm', 'ats', 'stc', 'priority', 'defa', 'stacktrace', 'rjk'] as const;
const NO_FIELDS: JobFields = [null, null, null, null, null, null, null, null, null, null];

/** In the order of the other answer, which was read before the delivery was counted. */
function jobFields(flat: readonly unknown[]): JobFields {
  const found = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) found.set(String(flat[i]), String(flat[i + 1]));
  found.set('ats', String(Number(found.get('ats') ?? 1) - 1));
  return FIELDS.map((name) => found.get(name) ?? null) as unknown as JobFields;
}

function timeOf(ms: unknown): number | null {
  return Math.floor(Number(ms) || 0) || null;
}

function readDelivery(id: string, job: JobFields, fence: number, { pool, takenAtMs }: TakeOrigin): Delivery {
  const [name, data, opts, attemptsMade, before, crashes, priority, doomed, stacktrace, schedulerId] = job;
  return {
    id,
    token: `${pool}:${fence}`,
    fence,
    name: name ?? '',
    data: data ?? '',
    options: readOptions(opts),
    attemptsMade: Number(attemptsMade) || 0,
    deliveries: (Number(before) || 0) + 1,
    crashes: Number(crashes) || 0,
    priority: Number(priority) || 0,
    doomed,
    schedulerId,
    stacks: stacktrace === null ? [] : readStacks(stacktrace),
    takenAtMs,
  };
}

/** What cannot be read is taken for nothing: one odd job must not cost the others of its run their lease. */
function readOptions(json: string | null): StoredOptions {
  const options = readJson(json);
  return typeof options === 'object' && options !== null ? options : {};
}

function readStacks(json: string): string[] {
  const stacks = readJson(json);
  return Array.isArray(stacks) ? stacks.filter((stack) => typeof stack === 'string') : [];
}

function readJson(json: string | null): unknown {
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}
