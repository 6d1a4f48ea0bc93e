import {
  ErrorCode,
  type JobJson,
  type KeysMap,
  type ParentKeyOpts,
  QueueKeys,
  type RedisClient,
  RedisQueueBackend,
} from 'bullmq';
import type { IRedisTransaction, KeyPrefixOptions, QueueBaseOptions, RedisConnection } from 'bullmq';
import { QueueClosedError, QueueFullError } from '@sluice/shared';
import { sluiceKeys } from '../redis/queue-keys.ts';
import { AddCollector } from './add-collector.ts';
import {
  type Admission,
  type AdmissionAnswer,
  type AdmissionReply,
  admissionArguments,
  type ParentRelease,
  parseReply,
  roomKeys,
} from './admission.ts';
import { retryAfter } from './retry-after.ts';
import { refuseReservedId } from './reserved-ids.ts';
import { refuseUntestedBullmq } from './tested-bullmq.ts';
import { admitJobsScript, isWrappedScript, leaveLineScript, wrappedScript, type WrappedScript } from './scripts.ts';

type AddEntry = { job: JobJson; jobId: string; parentKeyOpts?: ParentKeyOpts };
type FlowEntry = { jobData: JobJson; jobId: string; parentKeyOpts: ParentKeyOpts; prefix: string; queueName: string };

export interface BackendParts {
  connection: RedisConnection;
  blockingConnection?: RedisConnection | undefined;
  ownsConnection?: boolean;
  name: string;
  opts: QueueBaseOptions & KeyPrefixOptions;
  /** The most unfinished jobs; undefined for no bound. A capacity set in Redis comes first. */
  capacity: number | undefined;
  /** Work with a BullMQ whose scripts this version of Sluice was not tested with. */
  allowUntestedBullmq?: boolean;
}

interface Refusal {
  depth: number;
  capacity: number;
  ahead: number;
  ended?: number;
  neverFits?: boolean;
}

/** BullMQ's Redis backend with a hard bound on every path by which a job can become unfinished. */
export class BoundedBackend extends RedisQueueBackend {
  readonly #parts: BackendParts;

  constructor(parts: BackendParts) {
    const keys = new QueueKeys(parts.opts.prefix);
    super(
      parts.connection,
      parts.name,
      keys.getKeys(parts.name),
      (type) => keys.toKey(parts.name, type),
      parts.opts,
      parts.blockingConnection,
      parts.ownsConnection ?? true,
    );
    this.#parts = parts;
    refuseUntestedBullmq(this.version, parts.allowUntestedBullmq ?? false);
  }

  override forQueue(queueName: string, prefix?: string): BoundedBackend {
    const opts = { ...this.#parts.opts, prefix: prefix ?? this.redisPrefix };
    return new BoundedBackend({ ...this.#parts, name: queueName, opts, ownsConnection: false });
  }

  override async addJob(job: JobJson, jobId: string, parentKeyOpts: ParentKeyOpts = {}): Promise<string> {
    if (this.#parts.capacity === undefined) return super.addJob(job, jobId, parentKeyOpts);
    const [id] = await this.#addAll([{ job, jobId, parentKeyOpts }]);
    return String(id);
  }

  override async addJobs(entries: AddEntry[]): Promise<string[]> {
    if (this.#parts.capacity === undefined || entries.length === 0) return super.addJobs(entries);
    return this.#addAll(entries);
  }

  override async addFlow(entries: FlowEntry[]): Promise<[Error | null, string | number][]> {
    if (this.#parts.capacity === undefined || entries.length === 0) return super.addFlow(entries);
    const keysOf = keysByQueue();
    const collector = new AddCollector(this.keys);
    for (const { jobData, jobId, parentKeyOpts, prefix, queueName } of entries) {
      const deferred = { ...parentKeyOpts, deferParentRelease: true };
      this.collect(collector, { job: jobData, jobId, parentKeyOpts: deferred }, keysOf(prefix, queueName));
    }
    const answers = await this.#admitAll(
      { calls: collector.calls, releases: parentReleases(entries) },
      entries.map(({ parentKeyOpts }) => parentKeyOpts.parentKey),
    );
    return answers.map((answer) => [null, answer.id]);
  }

  /** Leaves in the queue's meta which BullMQ layout this is, as BullMQ's own Queue does. */
  async announce(): Promise<void> {
    await this.setQueueMeta({ version: `bullmq:${this.version}` });
  }

  /**
   * Turns a job into the call that BullMQ would have made for it. BullMQ makes it before it first awaits anything, so it
   * is there when this returns, and jobs that were added one after the other stay in that order.
   */
  collect(collector: AddCollector, entry: AddEntry & { digest?: string }, keys: KeysMap = this.keys): void {
    const { job, jobId, parentKeyOpts = {}, digest } = entry;
    refuseReservedId(keys, jobId);
    const calls = collector.calls.length;
    this.addJobToTransaction(collector.next(keys, digest), job, jobId, parentKeyOpts, keys).catch(() => undefined);
    if (collector.calls.length !== calls + 1) throw new TypeError('BullMQ prepared no add call');
  }

  /** One run of admit-jobs. Rejects with what Redis answered, or with the loss of the connection. */
  async admit(admission: Admission): Promise<AdmissionReply> {
    const client = await this.client;
    const { keys, args } = admissionArguments(admission);
    const command = `sluice:admitJobs:${this.version}`;
    define(client, command, { lua: admitJobsScript() });
    return parseReply(await client.runCommand(command, [keys.length, ...keys, ...args]));
  }

  /** Gives up a place in the line. */
  async leaveLine(ticket: string): Promise<void> {
    const client = await this.client;
    const command = `sluice:leaveLine:${this.version}`;
    const keys = roomKeys(this.keys);
    define(client, command, { lua: leaveLineScript(), numberOfKeys: keys.length });
    await client.runCommand(command, [...keys, ticket, this.toKey(sluiceKeys.wake), this.#parts.capacity ?? 0]);
  }

  override execCommand(client: RedisClient | IRedisTransaction, name: string, args: (string | Buffer)[]): unknown {
    if (client instanceof AddCollector) return client.collect(name, args);
    if (this.#parts.capacity !== undefined && isWrappedScript(name)) return this.#runWrapped(client, name, args);
    return super.execCommand(client, name, args);
  }

  /** Also removes Sluice's own keys. */
  override async obliterate(opts: { force: boolean; count: number }): Promise<number> {
    const cursor = await super.obliterate(opts);
    if (cursor === 0) {
      const client = await this.client;
      const { answers, runs, line, tickets, sweep, suspects } = sluiceKeys;
      await client.del(...[answers, runs, line, tickets, sweep, suspects].map((part) => this.toKey(part)));
    }
    return cursor;
  }

  async #addAll(entries: AddEntry[]): Promise<string[]> {
    const collector = new AddCollector(this.keys);
    for (const entry of entries) this.collect(collector, entry);
    const parentKeys = entries.map(({ parentKeyOpts }) => parentKeyOpts?.parentKey);
    const answers = await this.#admitAll({ calls: collector.calls }, parentKeys);
    return answers.map((answer, index) => this.#idOrThrow(answer, parentKeys[index]));
  }

  /** `parentKeys`: the parent of each call, for the error when one is not there. */
  async #admitAll(
    admission: Pick<Admission, 'calls' | 'releases'>,
    parentKeys: readonly (string | undefined)[],
  ): Promise<AdmissionAnswer[]> {
    const { answers, ...found } = await this.admit({ ...admission, mode: 'all', capacity: this.#parts.capacity });
    if (answers.some((answer) => answer.verdict === 'sealed')) throw new QueueClosedError(this.name, 'it is sealed');
    // Before orphans: the children of a parent that found no room are some, too.
    const full = answers.find((answer) => answer.verdict === 'full');
    if (full) throw this.#full({ ...full, ...found, neverFits: admission.calls.length > full.capacity });
    const orphan = answers.findIndex((answer) => answer.verdict === 'orphan');
    if (orphan >= 0) throw this.#addError(ErrorCode.ParentJobNotExist, parentKeys[orphan]);
    return answers;
  }

  #idOrThrow(answer: AdmissionAnswer, parentKey: string | undefined): string {
    if (typeof answer.id === 'string') return answer.id;
    throw this.#addError(answer.id, parentKey);
  }

  #addError(code: number, parentKey: string | undefined): Error {
    return this.finishedErrors({ code, command: 'addJob', ...(parentKey ? { parentKey } : {}) });
  }

  async #runWrapped(client: RedisClient | IRedisTransaction, name: WrappedScript, args: (string | Buffer)[]) {
    const { lua, originalKeys } = wrappedScript(name);
    const ours = roomKeys(this.keys);
    const command = `sluice:${name}:${this.version}`;
    define(client, command, { lua, numberOfKeys: originalKeys + ours.length });
    const reply: unknown = await client.runCommand(command, [
      ...args.slice(0, originalKeys),
      ...ours,
      ...args.slice(originalKeys),
      this.toKey(sluiceKeys.wake),
      this.#parts.capacity ?? 0,
    ]);
    if (Array.isArray(reply) && reply[0] === 'full') {
      throw this.#full({ depth: Number(reply[1]), capacity: Number(reply[2]), ahead: 0 });
    }
    return reply;
  }

  #full({ depth, capacity, ahead, ended = 0, neverFits = false }: Refusal): QueueFullError {
    const reason = neverFits ? 'never-fits' : 'capacity';
    const retryAfterMs = retryAfter({ ended, ahead });
    return new QueueFullError({ queue: this.name, depth, capacity, retryAfterMs, reason });
  }
}

/** Registers a script with the client once; ioredis sends its text only when Redis does not know it yet. */
function define(
  client: RedisClient | IRedisTransaction,
  command: string,
  definition: { lua: string; numberOfKeys?: number },
): void {
  if (command in client || !('defineCommand' in client)) return;
  // Without a number of keys, ioredis takes it from the first argument of each call.
  (client as { defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void }).defineCommand(
    command,
    definition,
  );
}

function keysByQueue(): (prefix: string, name: string) => KeysMap {
  const known = new Map<string, KeysMap>();
  return (prefix, name) => {
    const qualified = `${prefix}:${name}`;
    const keys = known.get(qualified) ?? new QueueKeys(prefix).getKeys(name);
    known.set(qualified, keys);
    return keys;
  };
}

/** Each parent that the flow touches once: it is released if all its children turn out to be done already. */
function parentReleases(entries: FlowEntry[]): ParentRelease[] {
  const releases = new Map<string, ParentRelease>();
  for (const { jobData, parentKeyOpts } of entries) {
    const { parentKey } = parentKeyOpts;
    if (!jobData.parent || !parentKey) continue;
    const { id, queueKey } = jobData.parent;
    if (id === undefined) continue;
    releases.set(parentKey, [parentKey, `${parentKey}:dependencies`, queueKey, id, Date.now()]);
  }
  return [...releases.values()];
}
