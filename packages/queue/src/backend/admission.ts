import { DefinitionError, type DropPolicy, type Keep } from '@sluice/shared';
import type { KeysMap } from 'bullmq';
import { sluiceKeys } from '../redis/queue-keys.ts';
import { dropSettings } from './drop-settings.ts';
import type { AddScript } from './scripts.ts';

/** BullMQ's keys that admission reads or hands on, in the order in which admit-jobs.lua expects them. */
const QUEUE_KEYS = [
  'wait',
  'active',
  'prioritized',
  'delayed',
  'waiting-children',
  'paused',
  'meta',
  'id',
  'completed',
  'events',
  'marker',
  'pc',
  'failed',
] as const;
const LINE_KEYS = [sluiceKeys.line, sluiceKeys.tickets] as const;

/** What `roomBehindLine` of line.lua reads: the keys of the unfinished jobs, meta, and those of the line. */
export function roomKeys(keys: KeysMap): string[] {
  return [...QUEUE_KEYS.slice(0, 7).map((name) => keyOf(keys, name)), ...lineKeys(keys)];
}

function lineKeys(keys: KeysMap): string[] {
  return LINE_KEYS.map((name) => `${keyOf(keys, '')}${name}`);
}

function keyOf(keys: KeysMap, name: string): string {
  const key = keys[name];
  if (key === undefined) throw new DefinitionError(`BullMQ has no key ${name} any more`);
  return key;
}

/** One job to add: as BullMQ would have called for it, or lean. */
export type AddCall = ScriptCall | LeanCall;

/** A plain job: no delay, priority, parent or deduplication. One script of ours writes what BullMQ's would have. */
export interface LeanCall {
  queueKeys: KeysMap;
  /** As stored. */
  id: string;
  name: string;
  /** Ms since the epoch. */
  at: number;
  /** JSON. */
  data: string;
  /** JSON. */
  opts: string;
  /** Digest of the payload, to tell a duplicate from a conflict. */
  digest: string;
  /** How it takes another job's place when there is no room; only with mode `each`. */
  drop?: DropPolicy;
}

/** One call of a BullMQ add script. */
export interface ScriptCall {
  queueKeys: KeysMap;
  script: AddScript;
  /** The script's keys, then its three arguments. */
  args: readonly (string | Buffer)[];
  /** Digest of the payload, to tell a duplicate from a conflict. */
  digest?: string;
  /** How it takes another job's place when there is no room; only with mode `each`. */
  drop?: DropPolicy;
}

/** A parent that may have no pending children once a flow is in: parent key, its dependencies' key, queue key, id, now. */
export type ParentRelease = readonly (string | number)[];

/** A place in the line that is asked for, or held. */
export interface TicketRequest {
  /** `<producer>:<number>`; the producer's part is where it listens. */
  name: string;
  /** When it arrived, as Redis said at the first time; with it a ticket that Redis lost returns to its place. */
  arrival?: string | undefined;
  /** How long it lives without being asked for again. */
  lifeMs: number;
  /** The most tickets that may wait. */
  most: number;
}

export interface Admission {
  calls: readonly AddCall[];
  /** `each`: in order, as far as there is room. `all`: all or none. */
  mode: 'each' | 'all';
  /** Capacity where none is set in Redis; undefined for unbounded. */
  capacity: number | undefined;
  releases?: readonly ParentRelease[];
  /** With a ticket, what finds no room waits in line under its name. */
  ticket?: TicketRequest | undefined;
  /** How many dead jobs the queue keeps, and how long, once calls drop some. */
  keepDead?: Keep;
  /** With a run id, the same run may be sent again: its first answer is kept for `windowMs`. */
  run?: { id: string; windowMs: number };
}

export type Verdict =
  | 'created'
  | 'duplicate'
  | 'conflict'
  | 'deduplicated'
  | 'full'
  | 'line'
  | 'spared'
  | 'sealed'
  | 'orphan'
  | 'skipped';

export interface AdmissionAnswer {
  verdict: Verdict;
  /** The stored id, or one of BullMQ's negative codes; 0 when nothing was added. */
  id: string | number;
  /** Unfinished jobs after this entry. */
  depth: number;
  /** 0 for unbounded. */
  capacity: number;
  /** As stored: the job whose place this one took. */
  dropped?: string;
}

export interface AdmissionReply {
  /** One for each call. */
  answers: AdmissionAnswer[];
  /** With a ticket: when it arrived. */
  arrival?: string;
  /** Tickets that stand before this run's. */
  ahead: number;
  /** When anything was refused: how many jobs ended in the last ten seconds, as far as they are kept. */
  ended?: number;
}

/** KEYS and ARGV of admit-jobs.lua. */
export function admissionArguments(admission: Admission): { keys: string[]; args: (string | Buffer)[] } {
  const queues = [...new Set(admission.calls.map((call) => call.queueKeys))];
  const first = queues[0];
  if (!first) throw new DefinitionError('an admission needs at least one job');
  const keys = queues.flatMap((queue) => [...QUEUE_KEYS.map((name) => keyOf(queue, name)), ...lineKeys(queue)]);
  keys.push(`${keyOf(first, '')}${sluiceKeys.answers}`, `${keyOf(first, '')}${sluiceKeys.runs}`);
  const header = {
    run: admission.run?.id,
    windowMs: admission.run?.windowMs ?? 0,
    mode: admission.mode,
    capacities: queues.map(() => admission.capacity ?? 0),
    ticket: admission.ticket,
    drop: admission.keepDead && dropSettings(admission.calls, admission.keepDead),
    prefixes: queues.map((queue) => keyOf(queue, '')),
    entries: admission.calls.map((call) => ({ q: queues.indexOf(call.queueKeys) + 1, ...entryOf(call) })),
    releases: admission.releases ?? [],
  };
  return { keys, args: [JSON.stringify(header), ...admission.calls.flatMap(argumentsOf)] };
}

function entryOf(call: AddCall): object {
  const { digest, drop } = call;
  if ('id' in call) return { id: call.id, name: call.name, at: call.at, digest, drop };
  const keys = call.args.slice(0, -3).map((key) => indexOfKey(call.queueKeys, key));
  return { script: call.script, keys, digest, drop };
}

function argumentsOf(call: AddCall): (string | Buffer)[] {
  return 'id' in call ? ['', call.data, call.opts] : call.args.slice(-3);
}

function indexOfKey(keys: KeysMap, key: string | Buffer): number {
  const index = QUEUE_KEYS.findIndex((name) => keys[name] === key);
  if (index < 0) throw new DefinitionError(`a BullMQ add script uses ${String(key)}, which admission does not know`);
  return index + 1;
}

type RawAnswer = [Verdict, id: string | number, depth: number, capacity: number, dropped?: string];
type RawReply = Omit<AdmissionReply, 'answers'> & { entries: RawAnswer[] };

export function parseReply(reply: string): AdmissionReply {
  const { entries, ...line }: RawReply = JSON.parse(reply);
  return { ...line, answers: entries.map(toAnswer) };
}

function toAnswer([verdict, id, depth, capacity, dropped]: RawAnswer): AdmissionAnswer {
  return { verdict, id, depth, capacity, ...(dropped === undefined ? {} : { dropped }) };
}
