import type {
  JobJson,
  KeysMap,
  ParentKeyOpts,
  RedisClient,
  IRedisTransaction,
  KeyPrefixOptions,
  QueueBaseOptions,
  RedisConnection,
} from 'bullmq';
import { QueueKeys, RedisQueueBackend } from '../bullmq.ts';
import { AddCollector, type AddEntry, AddPreparation, type PreparedAdd } from '../admission/add-collector.ts';
import { capacityKeys, jobPrefix } from '../admission/admission-keys.ts';
import { queueFull, refuseReservedId } from '../admission/admission-refusal.ts';
import { plainAddOf } from '../admission/plain-adds.ts';
import type { ClaimOnOutOfMemory } from '../capacity/capacity-claim.ts';
import { CapacityClaims } from '../capacity/capacity-claims.ts';
import type { CapacityDefinition } from '../capacity/capacity-definition.ts';
import type { RedisClock } from '../connection/redis-clock.ts';
import { isOutOfMemory } from '../connection/redis-errors.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { isWrappedScript, ourScript, wrappedScript, type WrappedScript } from '../scripts/scripts.ts';
import { AddBatcher } from './add-batcher.ts';
import { BulkAdmission, type FlowEntry } from './bulk-admission.ts';
import { cleanInSteps, shrinkToOneStep } from './clean-in-steps.ts';
import { deleteOwnKeys } from './delete-own-keys.ts';
import { refuseUntestedBullmq } from './tested-bullmq.ts';

const scripts = {
  leaveWaiterQueue: new RedisScript(() => ourScript('leave-waiter-queue')),
  readDepth: new RedisScript(() => ourScript('read-depth')),
  wakeProducer: new RedisScript(() => ourScript('wake-producer')),
};
const claimScripts = {
  refused: new RedisScript(() => ourScript('claim-capacity', 'refused')),
  runs: new RedisScript(() => ourScript('claim-capacity', 'runs')),
} as const satisfies Record<ClaimOnOutOfMemory, RedisScript>;

export interface BackendParts {
  connection: RedisConnection;
  blockingConnection?: RedisConnection | undefined;
  ownsConnection?: boolean;
  name: string;
  opts: QueueBaseOptions & KeyPrefixOptions;
  /** With the most unfinished jobs; undefined for no bound. What Redis says comes first. */
  definition: CapacityDefinition | undefined;
  /** Whose time BullMQ's scripts get, instead of this machine's. */
  clock?: Pick<RedisClock, 'nowMs'> | undefined;
  /** For queues that are not this client's own: it only adds to them, as a flow does. */
  isGuest?: boolean;
  /** Work with a BullMQ whose scripts this version of Sluice was not tested with. */
  allowUntestedBullmq?: boolean;
}

/** BullMQ's Redis backend with a hard bound on every path by which a job can become unfinished. */
export class BoundedBackend extends RedisQueueBackend {
  readonly #parts: BackendParts;
  readonly #capacity: number | undefined;
  readonly #claims: CapacityClaims;
  readonly #bulks: BulkAdmission;
  readonly #adds: AddBatcher;

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
    const { definition, isGuest = false } = parts;
    this.#capacity = definition?.capacity;
    this.#claims = new CapacityClaims({
      definition,
      isGuest,
      own: this.keys,
      send: (queue, args, onOutOfMemory) => this.#sendClaim(queue, args, onOutOfMemory),
    });
    const admission = {
      capacity: this.#capacity,
      claims: this.#claims,
      errorOf: (code: number, parentKey: string | undefined) =>
        this.finishedErrors({ code, command: 'addJob', ...(parentKey ? { parentKey } : {}) }),
    };
    this.#bulks = new BulkAdmission({
      ...admission,
      backend: this,
      queueName: this.name,
      orFullMemory: (reply, queue) => this.#orFullMemory(reply, queue),
    });
    this.#adds = new AddBatcher({
      ...admission,
      keys: this.keys,
      connected: () => this.connection.client,
      prepare: (entry) => this.#prepareAdd(entry),
      renewClaim: () => this.renewClaim(),
      explain: (error) => this.#explain(error, this.keys),
    });
    // BullMQ's methods ask for the client before anything else.
    Object.defineProperty(this.queue, 'client', { get: () => this.client });
    refuseUntestedBullmq(this.version, parts.allowUntestedBullmq ?? false);
  }

  override forQueue(queueName: string, prefix?: string): BoundedBackend {
    const opts = { ...this.#parts.opts, prefix: prefix ?? this.redisPrefix };
    return new BoundedBackend({ ...this.#parts, name: queueName, opts, isGuest: true, ownsConnection: false });
  }

  /** A caller that asks for the client sends something: what was added before arrives before it. */
  override get client(): Promise<RedisClient> {
    const sending = this.#adds.flush();
    return sending ? sending.then(() => this.connection.client) : this.connection.client;
  }

  override async addJob(job: JobJson, jobId: string, parentKeyOpts: ParentKeyOpts = {}): Promise<string> {
    if (this.#capacity === undefined) return super.addJob(job, jobId, parentKeyOpts);
    return this.#adds.add({ job, jobId, parentKeyOpts });
  }

  override async addJobs(entries: AddEntry[]): Promise<string[]> {
    if (this.#capacity === undefined || entries.length === 0) return super.addJobs(entries);
    return this.#bulks.add(entries);
  }

  override async addFlow(entries: FlowEntry[]): Promise<[Error | null, string | number][]> {
    if (this.#capacity === undefined || entries.length === 0) return super.addFlow(entries);
    return this.#bulks.addFlow(entries);
  }

  /**
   * Leaves in the queue's meta which BullMQ layout this is, as BullMQ's own Queue does. A full Redis refuses that; then
   * the next who connects will do it.
   */
  async announce(): Promise<void> {
    await this.setQueueMeta({ version: `bullmq:${this.version}` }).catch((error: unknown) => {
      if (!isOutOfMemory(error)) throw error;
    });
  }

  /** Takes part in the agreement on one capacity, see claim-capacity.lua, from now on. Rejects when Redis does not answer. */
  claimCapacity(): Promise<void> {
    return this.#claims.start();
  }

  /** Takes part no longer. */
  async leaveCapacity(): Promise<void> {
    if (this.connection.status === 'ready') await this.#claims.leave();
    this.#claims.stop();
  }

  override async close(force = false): Promise<void> {
    void this.#adds.flush();
    if (!force) await this.leaveCapacity();
    this.#claims.stop();
    await super.close(force);
  }

  override async disconnect(): Promise<void> {
    this.#claims.stop();
    await super.disconnect();
  }

  /**
   * Turns a job into the call that BullMQ would have made for it. BullMQ makes it before it first awaits anything, so it
   * is there when this returns, and jobs that were added one after the other stay in that order.
   */
  collect(collector: AddCollector, entry: AddEntry, keys: KeysMap = this.keys): void {
    const { job, jobId, parentKeyOpts = {}, digest } = entry;
    refuseReservedId(keys, jobId);
    const calls = collector.calls.length;
    this.addJobToTransaction(collector.next(keys, digest), job, jobId, parentKeyOpts, keys).catch(() => undefined);
    if (collector.calls.length !== calls + 1) throw new TypeError('BullMQ prepared no add call');
  }

  #prepareAdd({ job, jobId, parentKeyOpts = {} }: AddEntry): PreparedAdd {
    refuseReservedId(this.keys, jobId);
    const preparation = new AddPreparation(this.keys);
    this.addJobToTransaction(preparation.next(this.keys), job, jobId, parentKeyOpts).catch(() => undefined);
    return preparation.prepared;
  }

  /** A plain job of an add is not packed: it may not come to BullMQ's script. */
  protected override async addStandardJob(
    client: RedisClient | IRedisTransaction,
    job: JobJson,
    options: Buffer,
    args: (string | number | Record<string, unknown>)[],
    keys: KeysMap = this.keys,
  ): Promise<string | number> {
    const plain = client instanceof AddPreparation && plainAddOf(job, options, args);
    if (!plain) return super.addStandardJob(client, job, options, args, keys);
    const callArgs = (): (string | Buffer)[] => this.addStandardJobArgs(job, options, args, keys);
    client.takePlain(plain, () => ({ queueKeys: keys, script: 'addStandardJob', args: callArgs() }));
    return '';
  }

  renewClaim(): void {
    this.#claims.renew();
  }

  /** Gives up a ticket of the waiter queue. */
  async leaveWaiterQueue(ticket: string): Promise<void> {
    const args = [ticket, this.toKey(sluiceKeys.wake), this.#capacity ?? 0];
    await scripts.leaveWaiterQueue.run(await this.client, capacityKeys(this.keys), args);
  }

  /** Has a producer of this queue look up from its own stream. */
  async wakeProducer(producer: string): Promise<void> {
    await scripts.wakeProducer.run(await this.client, [this.toKey(`${sluiceKeys.wake}${producer}`)]);
  }

  /** The time that is written into Redis, in milliseconds since the epoch. */
  nowMs(): number {
    return this.#parts.clock?.nowMs() ?? Date.now();
  }

  override execCommand(client: RedisClient | IRedisTransaction, name: string, args: (string | Buffer)[]): unknown {
    if (client instanceof AddCollector) return client.collect(name, args);
    if (this.#capacity !== undefined && isWrappedScript(name)) return this.#runWrapped(client, name, args);
    return super.execCommand(client, name, args);
  }

  /** Also removes Sluice's own keys, but for those of single producers, which end by themselves within 20 s. */
  override async obliterate(opts: { force: boolean; count: number }): Promise<number> {
    const cursor = await super.obliterate(opts);
    if (cursor === 0) {
      await deleteOwnKeys(await this.client, (name) => this.toKey(name), this.nowMs());
    }
    return cursor;
  }

  /** In steps, where BullMQ removes all that waits in one call. A queue of one step is left to BullMQ's script. */
  override async drain(delayed: boolean): Promise<void> {
    if (this.#capacity !== undefined) {
      const client = await this.client;
      const sizes = {
        wait: () => client.llen(this.toKey('wait')),
        prioritized: () => client.zcard(this.toKey('prioritized')),
        ...(delayed && { delayed: () => client.zcard(this.toKey('delayed')) }),
      };
      for (const [state, size] of Object.entries(sizes)) {
        await shrinkToOneStep(size, (most) => super.cleanJobsByState(state, Number.MAX_SAFE_INTEGER, most));
      }
    }
    await super.drain(delayed);
  }

  /** In steps, where BullMQ would remove up to 10,000 jobs in one call. */
  override async cleanJobsByState(state: string, timestamp: number, limit = 0): Promise<string[]> {
    if (this.#capacity === undefined) return super.cleanJobsByState(state, timestamp, limit);
    return cleanInSteps((most) => super.cleanJobsByState(state, timestamp, most), limit);
  }

  async #sendClaim(queue: KeysMap, args: (string | number)[], onOutOfMemory: ClaimOnOutOfMemory): Promise<unknown> {
    const start = jobPrefix(queue);
    const keys = [`${start}${sluiceKeys.clients}`, ...capacityKeys(queue)];
    // Not `this.client`: what was added waits for this.
    return claimScripts[onOutOfMemory].run(await this.connection.client, keys, [...args, `${start}${sluiceKeys.wake}`]);
  }

  async #runWrapped(client: RedisClient | IRedisTransaction, name: WrappedScript, args: (string | Buffer)[]) {
    const { script, originalKeys, takesOurs, timeArgument } = wrappedScript(name);
    if (this.#parts.clock && timeArgument !== undefined) args[originalKeys + timeArgument - 1] = String(this.nowMs());
    if ('defineCommand' in client && !this.#claims.isReady(this.keys)) await this.#claims.before(this.keys);
    const keys = [...args.slice(0, originalKeys).map(String), ...(takesOurs ? capacityKeys(this.keys) : [])];
    const ours = takesOurs ? [this.toKey(sluiceKeys.wake), this.#capacity ?? 0] : [];
    const reply = await this.#orFullMemory(script.run(client, keys, [...args.slice(originalKeys), ...ours]));
    if (Array.isArray(reply) && reply[0] === 'full') {
      throw queueFull(this.keys, { depth: Number(reply[1]), capacity: Number(reply[2]) });
    }
    return reply;
  }

  async #orFullMemory<T>(answer: Promise<T>, keys: KeysMap = this.keys): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw await this.#explain(error, keys);
    }
  }

  /** Says what a plain Queue's caller can act on when Redis refused a script because its memory is full. */
  async #explain(error: unknown, keys: KeysMap): Promise<unknown> {
    return isOutOfMemory(error) ? queueFull(keys, { ...(await this.#readDepth(keys)), reason: 'memory' }) : error;
  }

  async #readDepth(queueKeys: KeysMap): Promise<{ depth: number; capacity: number }> {
    const keys = capacityKeys(queueKeys).slice(0, 7);
    const reply = await scripts.readDepth.run(await this.client, keys, [this.#capacity ?? 0]);
    const [depth = 0, capacity = 0] = reply as number[];
    return { depth, capacity };
  }
}
