import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeysMap, RedisClient } from 'bullmq';
import { ErrorCode } from '../bullmq.ts';
import { producerDefaults } from '../../job/defaults.ts';
import { outsideContext } from '../../job/outside-context.ts';
import type { AddEntry, PreparedAdd } from '../admission/add-collector.ts';
import type { AdmissionAnswer, AdmissionReply } from '../admission/admission.ts';
import { sendAdmission } from '../admission/admission-client.ts';
import { jobPrefix } from '../admission/admission-keys.ts';
import { refusalOfOne, refuseSeveralSlots } from '../admission/admission-refusal.ts';
import { parseReply } from '../admission/admission-reply.ts';
import { plainAddArguments, type PlainAdd } from '../admission/plain-adds.ts';
import type { CapacityClaims } from '../capacity/capacity-claims.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

export interface AddBatcherDeps {
  readonly keys: KeysMap;
  /** Undefined for no bound. */
  readonly capacity: number | undefined;
  readonly claims: CapacityClaims;
  /** The client, once it is connected. */
  readonly connected: () => Promise<RedisClient>;
  /** Has BullMQ describe a job as it is now. @throws when it cannot be added */
  readonly prepare: (entry: AddEntry) => PreparedAdd;
  /** Called when Redis knows no capacity of the queue any more. */
  readonly renewClaim: () => void;
  /** QueueFullError, when Redis refused a call because its memory is full; else the error itself. */
  readonly explain: (error: unknown) => Promise<unknown>;
  /** The error that BullMQ throws for one of its scripts' codes. */
  readonly errorOf: (code: number, parentKey: string | undefined) => Error;
}

/** An add that Redis has not answered. */
interface PendingAdd {
  readonly prepared: PreparedAdd;
  readonly parentKey: string | undefined;
  readonly resolve: (id: string) => void;
  readonly reject: (error: unknown) => void;
}

const script = new RedisScript(() => ourScript('admit-adds'));

/** When this many jobs are pending, they are sent before their turn is over: Redis works on them while the others are added. */
const EARLY_CALL_JOBS = 50;

/**
 * Sends what is added to one queue in one turn of the event loop in one call, up to 100 jobs and 1 MiB. Each add is judged alone.
 *
 * Adds keep their order, also among all else that is sent over the same backend: who sends something calls `flush` first.
 */
export class AddBatcher {
  readonly #deps: AddBatcherDeps;
  readonly #keys: readonly string[];
  #pending: PendingAdd[] = [];
  #isScheduled = false;
  #callsInFlight = 0;
  /** Once there is nothing to wait for before a call. */
  #client: RedisClient | undefined;
  #opening: Promise<void> | undefined;

  constructor(deps: AddBatcherDeps) {
    this.#deps = deps;
    this.#keys = [deps.keys['wait'] ?? ''];
  }

  /**
   * Resolves with the id as stored once Redis has the job.
   *
   * @throws at once when the job cannot be added: it is sent with no other
   */
  add(entry: AddEntry): Promise<string> {
    const prepared = this.#deps.prepare(entry);
    const parentKey = entry.parentKeyOpts?.parentKey;
    const added = new Promise<string>((resolve, reject) => {
      this.#pending.push({ prepared, parentKey, resolve, reject });
    });
    if (this.#pending.length === EARLY_CALL_JOBS) queueMicrotask(() => void this.flush());
    if (!this.#isScheduled) this.#flushSoon();
    return added;
  }

  /**
   * Sends what was added so far. Undefined when it is on its way, so that what is sent from now on arrives after it; else resolves when
   * it is, or has failed.
   */
  flush(): Promise<void> | undefined {
    if (this.#pending.length === 0) return this.#opening;
    const adds = this.#pending;
    this.#pending = [];
    if (!this.#client || this.#opening) return this.#openFor(adds);
    this.#sendAll(this.#client, adds);
    return undefined;
  }

  /**
   * While nothing is under way, what is added by this callback of the loop travels together: then waiting for the next one gains
   * nothing, and what is added there travels in the call after this one.
   */
  #flushSoon(): void {
    this.#isScheduled = true;
    const defer = this.#callsInFlight === 0 ? process.nextTick : setImmediate;
    defer(() => {
      this.#isScheduled = false;
      void this.flush();
    });
  }

  /** Behind adds that wait for the same, and behind what waited for those: that is sent in the turn in which they are. */
  #openFor(adds: readonly PendingAdd[]): Promise<void> {
    const before = this.#opening?.then(() => nextTurn());
    const opening = this.#open(adds, before).finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    this.#opening = opening;
    return opening;
  }

  /** Waits until adds can be sent, and sends them. Never rejects: the adds do. */
  async #open(adds: readonly PendingAdd[], before: Promise<unknown> | undefined): Promise<void> {
    const { keys, claims, connected } = this.#deps;
    try {
      await before;
      const client = await connected();
      await claims.before(keys);
      if (claims.isReady(keys)) this.#client = client;
      this.#sendAll(client, adds);
    } catch (error) {
      for (const { reject } of adds) reject(error);
    }
  }

  #sendAll(client: RedisClient, pending: readonly PendingAdd[]): void {
    const adds = client.isCluster ? pending.filter((add) => this.#fitsSlot(add)) : pending;
    for (let from = 0; from < adds.length;) {
      const to = endOfCall(adds, from);
      const call = adds.slice(from, to);
      // A call for one is part of what its caller does.
      if (call.length === 1) this.#send(client, call);
      else outsideContext(() => this.#send(client, call));
      from = to;
    }
  }

  /** On a cluster, whether the script can run; if not, the add has been rejected. */
  #fitsSlot({ parentKey, reject }: PendingAdd): boolean {
    try {
      const queue = jobPrefix(this.#deps.keys);
      refuseSeveralSlots(parentKey === undefined ? [queue] : [queue, parentKey]);
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  }

  /** One call. It is on its way when this returns. */
  #send(client: RedisClient, adds: readonly PendingAdd[]): void {
    this.#callsInFlight += 1;
    this.#run(client, adds).then(
      (reply) => {
        this.#callsInFlight -= 1;
        this.#deps.claims.after(this.#deps.keys);
        if (typeof reply === 'number') resolveInTurn(adds, reply);
        else this.#settle(adds, reply);
      },
      (error: unknown) => {
        this.#callsInFlight -= 1;
        void this.#fail(adds, error);
      },
    );
  }

  /** @returns the number of the first job when all were added by the short way; else what became of each */
  async #run(client: RedisClient, adds: readonly PendingAdd[]): Promise<number | AdmissionReply> {
    const { keys, capacity, renewClaim } = this.#deps;
    const plain = plainOnly(adds);
    if (!plain) {
      const calls = adds.map(({ prepared }) => prepared.call());
      return sendAdmission(client, { renewClaim }, { calls, mode: 'each', isolated: true, capacity });
    }
    const raw = await script.run(client, this.#keys, plainAddArguments(capacity ?? 0, plain));
    if (typeof raw === 'number') return raw;
    const reply = parseReply(
      String(raw),
      plain.map(() => ({ queueKeys: keys })),
    );
    if (reply.isUnclaimed) renewClaim();
    return reply;
  }

  #settle(adds: readonly PendingAdd[], { answers, ...found }: AdmissionReply): void {
    for (const [index, { parentKey, resolve, reject }] of adds.entries()) {
      const answer = answers[index] as AdmissionAnswer;
      const refusal = this.#refusalOf(answer, parentKey, found);
      if (refusal) reject(refusal);
      else resolve(String(answer.id));
    }
  }

  #refusalOf(
    answer: AdmissionAnswer,
    parentKey: string | undefined,
    found: Omit<AdmissionReply, 'answers'>,
  ): Error | undefined {
    const { keys, errorOf } = this.#deps;
    if (answer.decision === 'orphan') return errorOf(ErrorCode.ParentJobNotExist, parentKey);
    const refusal = refusalOfOne(keys, answer, found);
    if (refusal) return refusal;
    return typeof answer.id === 'number' ? errorOf(answer.id, parentKey) : undefined;
  }

  /** The call was refused, or its reply was lost. */
  async #fail(adds: readonly PendingAdd[], error: unknown): Promise<void> {
    const explained = await this.#deps.explain(error).catch((failure: unknown) => failure);
    for (const { reject } of adds) reject(explained);
  }
}

/** Undefined when one of them is not plain. */
function plainOnly(adds: readonly PendingAdd[]): PlainAdd[] | undefined {
  const plain: PlainAdd[] = [];
  for (const { prepared } of adds) {
    if (!prepared.plain) return undefined;
    plain.push(prepared.plain);
  }
  return plain;
}

/** All were added, and have had numbers in turn, which are the ids of those without. */
function resolveInTurn(adds: readonly PendingAdd[], first: number): void {
  for (const [index, { prepared, resolve }] of adds.entries()) resolve(prepared.plain?.id || String(first + index));
}

/** The position behind the last add of a call that begins at this one. */
function endOfCall(adds: readonly PendingAdd[], from: number): number {
  const { batchMaxJobs, batchMaxBytes } = producerDefaults;
  const last = Math.min(adds.length, from + batchMaxJobs);
  let bytes = adds[from]?.prepared.bytes ?? 0;
  for (let to = from + 1; to < last; to += 1) {
    bytes += adds[to]?.prepared.bytes ?? 0;
    if (bytes > batchMaxBytes) return to;
  }
  return last;
}
