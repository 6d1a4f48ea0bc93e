import type { KeysMap } from 'bullmq';
import { type DropPolicy, type Keep } from '../../job/contracts/queue-policy.ts';
import { producerDefaults } from '../../job/defaults.ts';
import { DefinitionError, JobDroppedError } from '../../job/errors/index.ts';
import type { AddCall, Admission, SharedOptions } from './admission.ts';
import { admissionKeys, jobPrefix, positionOfKey } from './admission-keys.ts';

/** KEYS and ARGV of admit-jobs.lua. */
export function admissionArguments(admission: Admission): { keys: string[]; args: (string | Buffer)[] } {
  const { calls, requestId } = admission;
  if (calls.length === 0) throw new DefinitionError('an admission needs at least one job');
  const queues = distinct(calls.map((call) => call.queueKeys));
  const options = distinct(calls.flatMap((call) => ('options' in call ? [call.options] : [])));
  const header = {
    run: requestId?.number,
    windowMs: requestId?.windowMs ?? 0,
    mode: admission.mode,
    capacities: queues.map((keys) => admission.capacities?.get(keys) ?? admission.capacity ?? 0),
    isolated: admission.isolated,
    isFlow: admission.isFlow,
    ticket: admission.ticket && { ...admission.ticket, ...ticketLimits },
    drop: admission.keepDead && evictionSettings(calls, admission.keepDead),
    idWindows: calls.some(({ digest }) => digest) ? windowsOf(admission) : undefined,
    prefixes: queues.map(jobPrefix),
    options: options.map(({ name, json }) => [name, ...json]),
    entries: calls.map((call) => entryOf(call, queues, options)),
    releases: admission.releases ?? [],
  };
  return {
    keys: [...queues.flatMap(admissionKeys), ...(requestId ? [requestId.slot] : [])],
    args: [JSON.stringify(header), ...calls.flatMap(argumentsOf)],
  };
}

/** How long a ticket lives without being asked for again, and the most that may wait. */
export const ticketLimits = { lifeMs: producerDefaults.ticketLifeMs, most: producerDefaults.maxWaiters };

export function windowsOf({ idWindows }: Pick<Admission, 'idWindows'>): readonly number[] {
  if (!idWindows) throw new DefinitionError('an admission of ids that callers gave needs their windows');
  return [idWindows.completedMs, idWindows.deadMs];
}

function entryOf(call: AddCall, queues: readonly KeysMap[], options: readonly SharedOptions[]): unknown {
  const { queueKeys, digest, drop } = call;
  if ('options' in call) {
    const plain = [call.id, String(call.at), options.indexOf(call.options) + 1, digest, call.isNew ? 1 : 0];
    return drop ? [...plain, drop] : plain;
  }
  const keys = call.args.slice(0, -3).map((key) => positionOfKey(queueKeys, key));
  return { q: queues.indexOf(queueKeys) + 1, script: call.script, keys, digest, drop, dedupe: call.dedupe };
}

function argumentsOf(call: AddCall): readonly (string | Buffer)[] {
  return 'options' in call ? [call.data] : call.args.slice(-3);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** What admit-jobs.lua needs in order to evict jobs. */
interface EvictionSettings {
  /** The code of the dead letter. */
  code: string;
  reasons: Record<DropPolicy, string>;
  /** Dead jobs that are kept, and how long. */
  count: number;
  ageMs: number;
}

/** Undefined when none of the calls may drop another job. */
export function evictionSettings(calls: readonly AddCall[], keep: Keep): EvictionSettings | undefined {
  if (!calls.some(({ drop }) => drop)) return undefined;
  const [oldest, lowest] = [new JobDroppedError('drop-oldest'), new JobDroppedError('drop-lowest-priority')];
  return {
    code: oldest.code,
    reasons: { 'drop-oldest': oldest.message, 'drop-lowest-priority': lowest.message },
    count: keep.count,
    ageMs: Math.ceil(keep.ageMs / 1_000) * 1_000, // BullMQ counts ages in seconds, and the pool goes by that
  };
}
