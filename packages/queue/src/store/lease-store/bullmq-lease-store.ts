import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { type Logger, silentLogger } from '../../job/logging/logger.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { queueBackend } from '../backend/create-bounded-backend.ts';
import type { ChildRecord } from '../../job/handler/child-outcome.ts';
import { readChildren } from '../flow/read-children.ts';
import { callerId, storedName } from '../keys/queue-keys.ts';
import type { RedisClock } from '../connection/redis-clock.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { answerWithin } from '../connection/redis-timeout.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import type { FailureRecord } from '../../job/failure-record.ts';
import type { LeaseStore, TakeContext, Batch, BatchReply, Wake } from './lease-store.ts';
import { poolDefaults, type PoolTimings } from '../../job/pool-defaults.ts';
import { DefinedSchedules } from '../schedules/defined-schedules.ts';
import { ScheduleIterations } from '../schedules/schedule-iterations.ts';
import { NextIteration } from './next-iteration.ts';
import { Settler } from './settler.ts';
import { BatchScript, readTaken, readTakenByBullmq, settleRefusal, type TakeOrigin } from './batch-script.ts';
import { JobWaiter } from './job-waiter.ts';
import { type ServedContract, UnservedIndex } from './unserved-index.ts';

export interface BullmqLeaseStoreDeps {
  readonly queue: QueueDefinition;
  /** For everything but waiting. Closed with the store. */
  readonly commands: RedisConnection;
  /** For waiting alone. Closed with the store. */
  readonly waiting: RedisConnection;
  /** Shown by BullMQ's tools as the worker that ran a job. */
  readonly name: string;
  /** What this pool's lock tokens begin with: no two pools may share it. */
  readonly tokenPrefix: string;
  readonly timings: PoolTimings;
  /** Redis's clock, which the store starts and stops; absent: this machine's. */
  readonly clock?: RedisClock;
  readonly allowUntestedBullmq?: boolean;
  /**
   * To take jobs in the same round trip that brings word of them: the monotonic time up to which all answers of Redis that had
   * come by then have been read. Absent: the wait only reports that there may be work.
   */
  readonly readUpToMs?: () => number;
  /** @default none */
  readonly log?: Logger;
  /** Called when the next iteration of a job scheduler could not be added. */
  readonly onFault: (error: unknown) => void;
}

/** When an iteration that must not overlap an earlier one is tried again. */
const OVERLAP_RETRY_MS = 1_000;

interface Opened {
  readonly backend: BoundedBackend;
  readonly iteration: NextIteration;
  readonly schedules: ScheduleIterations;
  readonly settler: Settler;
  readonly script: BatchScript;
  readonly unserved: UnservedIndex;
}

/**
 * The pool's storage in BullMQ's layout. Plain jobs are taken and completed by a script of ours, many in one run; all else
 * goes by BullMQ's own scripts. What either leaves in Redis is what BullMQ's Worker would have left.
 */
export class BullmqLeaseStore implements LeaseStore {
  readonly #deps: BullmqLeaseStoreDeps;
  readonly #waiter: JobWaiter;
  #connected: Opened | undefined;
  #mustTrim = false;

  constructor(deps: BullmqLeaseStoreDeps) {
    const { waiting, commands } = deps;
    this.#deps = deps;
    this.#waiter = new JobWaiter({ link: waiting, commands, marker: () => this.#key('marker') });
  }

  async connect(): Promise<void> {
    const { commands, clock } = this.#deps;
    await Promise.all([commands.connect(), this.#waiter.connect()]);
    await clock?.start(commands);
    const { schedules, backend } = (this.#connected = await commands.call(() => this.#openBackend()));
    const { queue, log = silentLogger() } = this.#deps;
    const defined = new DefinedSchedules({ client: commands.client, keys: backend.keys, queue, log });
    schedules.keepUp(() => defined.apply(), this.#deps.onFault);
    await defined.apply({ isStart: true }).catch(this.#deps.onFault); // a full queue, for example: tried again
  }

  async close(): Promise<void> {
    this.#deps.clock?.stop();
    this.#connected?.schedules.stop();
    await this.#connected?.backend.close();
    await Promise.all([this.#deps.commands.close(), this.#deps.waiting.close()]);
  }

  async settleAndTake(batch: Batch): Promise<BatchReply> {
    const origin = this.#origin();
    // Jobs that are kept beyond their time and are not plain: BullMQ's script removes them when it completes another one.
    const trims = this.#mustTrim && batch.completions.length > 0;
    const reply = await this.#opened.script.run(trims ? { ...batch, completions: batch.completions.slice(1) } : batch);
    const [codes, ends, , , jobs, , mustTrim, pauseForSuspects] = reply;
    this.#mustTrim = mustTrim === 1;
    const results = codes.map((code, index) =>
      settleRefusal(batch.completions[index + (trims ? 1 : 0)]?.delivery.id ?? '', code),
    );
    const answer = {
      ends: trims ? (['needs-bullmq-script', ...results] as const) : results,
      pauseForSuspects: pauseForSuspects === 1,
    };
    if (ends === 'none') return { ...answer, taken: null };
    if (ends === 'suspects') return { ...answer, taken: 'suspects' };
    if (ends === 'needs-bullmq-script' && jobs.length === 0) return { ...answer, taken: 'needs-bullmq-script' };
    return { ...answer, taken: await this.#scheduled(readTaken(reply, origin)) };
  }

  /** One after the other until one is found, then as many at once as are wanted. */
  async takeWithBullmq(count: number, context?: TakeContext): Promise<Taken> {
    const first = await this.#takeOne(context);
    if (!first.more || count < 2) return first;
    const others = Math.min(count, poolDefaults.takesInFlight) - 1;
    const withOthers: TakeContext = { which: 'others', hasOthers: true, alone: null };
    const takes = await Promise.allSettled(Array.from({ length: others }, () => this.#takeOne(withOthers)));
    const found = [first, ...takes.flatMap((take) => (take.status === 'fulfilled' ? [take.value] : []))];
    const last = found.find((taken) => !taken.more) ?? first;
    return { ...last, deliveries: found.flatMap(({ deliveries }) => deliveries) };
  }

  async waitForWork(maxMs: number, take: number, context?: TakeContext): Promise<Wake> {
    const { readUpToMs } = this.#deps;
    if (!readUpToMs || !this.#waiter.canRunBehind) return { lookAtMs: await this.#waiter.forJob(maxMs) };
    const { pool, takenAtMs: sentAtMs } = this.#origin();
    const { answer, fault } = await this.#waiter.thenRun(maxMs, (client) =>
      this.#opened.script.takeLater(client, take, context),
    );
    // The take was made long after it was sent; its answer may have lain unread behind a blocked event loop.
    const takenAtMs = Math.max(sentAtMs, readUpToMs());
    const taken = await this.#scheduled(readTaken(answer, { pool, takenAtMs }));
    if (fault && taken.deliveries.length === 0) throw fault; // or the pool would ask again and again
    if (answer[1] === 'suspects') return { taken: 'suspects' };
    const found = answer[1] === 'needs-bullmq-script' && taken.deliveries.length === 0 ? 'needs-bullmq-script' : taken;
    return { taken: found, pauseForSuspects: answer[7] === 1 };
  }

  async stopWaiting(): Promise<void> {
    // The marker may have been popped for us just now: put it back, so that another pool wakes.
    if (await this.#waiter.close()) await this.wakeAnother().catch(() => undefined);
  }

  wakeAnother(): Promise<void> {
    return ask(this.#wakeAnother());
  }

  complete(delivery: Delivery, result: string): Promise<void> {
    return this.#opened.settler.complete(delivery, result);
  }

  retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<void> {
    return this.#opened.settler.retry(delivery, failure, delayMs);
  }

  deadLetter(delivery: Delivery, failure: FailureRecord): Promise<void> {
    return this.#opened.settler.deadLetter(delivery, failure);
  }

  async release(delivery: Delivery, delayMs: number, reason?: FailureRecord): Promise<void> {
    const { settler, unserved } = this.#opened;
    await settler.release(delivery, delayMs, reason);
    // It is back in any case: without the note it comes at its time.
    if (reason && delayMs > 0) await ask(unserved.note(delivery, delayMs)).catch(() => undefined);
  }

  async bringUnserved(contracts: readonly ServedContract[]): Promise<number> {
    return ask(this.#opened.unserved.bring(contracts));
  }

  discard(delivery: Delivery): Promise<void> {
    return this.#opened.settler.discard(delivery);
  }

  wasRecorded(delivery: Delivery, wasHeld: boolean): Promise<boolean> {
    return this.#opened.settler.wasRecorded(delivery, wasHeld);
  }

  async noteCompany(delivery: Delivery): Promise<void> {
    await ask(this.#opened.script.noteCompany(delivery));
  }

  readChildren({ id, options }: Delivery): Promise<ChildRecord[]> {
    const parent = { id: callerId(id), stamp: options.sluice?.c };
    return ask(readChildren(this.#deps.commands.client, this.#key(id), parent));
  }

  saveProgress({ id }: Delivery, value: unknown): Promise<void> {
    return ask(this.#opened.backend.updateProgress(id, value as object));
  }

  get #opened(): Opened {
    if (!this.#connected) throw new Error('the lease store is not connected');
    return this.#connected;
  }

  async #openBackend(): Promise<Opened> {
    const { queue, commands, name, timings, tokenPrefix, clock, allowUntestedBullmq = false } = this.#deps;
    const options = {
      connection: commands.client,
      prefix: queue.prefix,
      name,
      lockDuration: timings.leaseMs,
      skipVersionCheck: true,
    };
    const backend = queueBackend(queue, { clock, allowUntestedBullmq })(storedName(queue), options);
    backend.on('error', () => undefined); // the pool itself reports when Redis is lost
    await backend.waitUntilReady();
    await backend.claimCapacity();
    return {
      backend,
      iteration: new NextIteration(storedName(queue), options, backend),
      schedules: new ScheduleIterations({
        client: commands.client,
        keys: backend.keys,
        capacity: queue.capacity,
        nowMs: () => backend.nowMs(),
      }),
      script: new BatchScript({
        client: commands.client,
        keys: backend.keys,
        name,
        pool: tokenPrefix,
        leaseMs: timings.leaseMs,
        keep: queue.keep.completed,
        capacity: queue.capacity,
        nowMs: () => backend.nowMs(),
      }),
      unserved: new UnservedIndex({ client: commands.client, keys: backend.keys, nowMs: () => backend.nowMs() }),
      settler: new Settler({ backend, client: commands.client, keep: queue.keep, name, nowMs: () => backend.nowMs() }),
    };
  }

  #origin(): TakeOrigin {
    return { pool: this.#deps.tokenPrefix, takenAtMs: performance.now() };
  }

  async #takeOne(context?: TakeContext): Promise<Taken> {
    const origin = this.#origin();
    return this.#scheduled(readTakenByBullmq(await this.#opened.script.takeOne(context), origin));
  }

  /** The client that takes the job of a scheduler must add the next one. @returns what is to be run */
  async #scheduled(taken: Taken): Promise<Taken> {
    if (taken.deliveries.every(({ schedulerId }) => schedulerId === null)) return taken;
    const deliveries: Delivery[] = [];
    for (const delivery of taken.deliveries) if (await this.#isToRun(delivery)) deliveries.push(delivery);
    return { ...taken, deliveries };
  }

  /** What becomes of one that is not to be run yet, or no more, has been seen to by then. A fault costs no run. */
  async #isToRun(delivery: Delivery): Promise<boolean> {
    if (delivery.schedulerId === null) return true;
    const { iteration, schedules } = this.#opened;
    try {
      const decision = await schedules.afterTake(delivery);
      if (decision === 'foreign') await iteration.scheduleAfter(delivery);
      if (decision === 'later') await this.release(delivery, OVERLAP_RETRY_MS);
      return decision === 'run' || decision === 'foreign';
    } catch (error) {
      this.#deps.onFault(error);
      return true;
    }
  }

  async #wakeAnother(): Promise<void> {
    const { client } = this.#deps.commands;
    const [waiting, urgent] = await Promise.all([
      client.llen(this.#key('wait')),
      client.zcard(this.#key('prioritized')),
    ]);
    if (waiting + urgent > 0) await client.zadd(this.#key('marker'), 0, '0');
  }

  #key(type: string): string {
    return this.#opened.backend.toKey(type);
  }
}

/** Waits for an answer as long as a command may take. */
function ask<T>(answer: Promise<T>): Promise<T> {
  return answerWithin(answer, poolDefaults.commandMs);
}
