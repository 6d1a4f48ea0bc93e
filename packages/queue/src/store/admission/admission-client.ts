import type { KeysMap, RedisClient } from 'bullmq';
import { idWindowsOf } from '../../job/contracts/id-windows.ts';
import { type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { producerDefaults } from '../../job/defaults.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { isNotReady, MemoryTight } from '../connection/redis-errors.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import type { RedisMemoryMonitor } from '../server/redis-memory-monitor.ts';
import type { AddCall, Admission, AdmissionReply, RequestId, TicketRequest } from './admission.ts';
import { admissionArguments } from './admission-arguments.ts';
import { parseReply } from './admission-reply.ts';
import { type AdmissionPolicies, type OneJob, OneJobCalls, onlyPlainJob, parseOneReply } from './one-job-call.ts';

/** What admission needs of a queue's backend. */
export interface AdmissionBackend {
  readonly client: Promise<RedisClient>;
  readonly keys: KeysMap;
  toKey(type: string): string;
  /** Called when Redis knows no capacity of the queue any more. */
  renewClaim(): void;
  leaveWaiterQueue(ticket: string): Promise<void>;
}

const scripts = {
  many: new RedisScript(() => ourScript('admit-jobs')),
  one: new RedisScript(() => ourScript('admit-one')),
};

/** One call of admit-jobs.lua. Rejects with what Redis answered, or with the loss of the connection. */
export async function admitJobs(backend: AdmissionBackend, admission: Admission): Promise<AdmissionReply> {
  return sendAdmission(await backend.client, backend, admission);
}

/** The same over a client that is there: the call is on its way when this returns. */
export async function sendAdmission(
  client: RedisClient,
  backend: Pick<AdmissionBackend, 'renewClaim'>,
  admission: Admission,
): Promise<AdmissionReply> {
  const { keys, args } = admissionArguments(admission);
  const raw = await scripts.many.run(client, keys, args);
  return renewing(backend, parseReply(String(raw), admission.calls));
}

/** One call of admit-one.lua, which comes to the same for a single plain job. */
export async function admitOne(
  client: RedisClient,
  backend: Pick<AdmissionBackend, 'renewClaim'>,
  calls: OneJobCalls,
  one: OneJob,
): Promise<AdmissionReply> {
  const { keys, args } = calls.arguments(one);
  const raw = await scripts.one.run(client, keys, args);
  return renewing(backend, parseOneReply(String(raw), one.job));
}

/** Where the queue was emptied, its settings are gone, too. The first client that adds sends its definition again. */
function renewing(backend: Pick<AdmissionBackend, 'renewClaim'>, reply: AdmissionReply): AdmissionReply {
  if (reply.isUnclaimed) backend.renewClaim();
  return reply;
}

/** Something that wants to be admitted. */
export interface Candidate {
  /** Redis may be adding it now. Set here, and taken back when the call was not sent after all. */
  sent: boolean;
}

/** What is said of candidates that are admitted together or not at all. */
export type WholeAdmission = Pick<Admission, 'mode' | 'isFlow' | 'releases' | 'capacities'>;

/** What became of the candidates of one call. */
export interface Admitted<C> {
  /** Those that were sent, in their order; the others have been refused. */
  readonly sent: readonly C[];
  /** With an answer for each that was sent; undefined when none was. */
  readonly reply: AdmissionReply | undefined;
}

export interface AdmissionClientDeps<C extends Candidate> {
  readonly queue: QueueDefinition;
  readonly connection: RedisConnection;
  readonly backend: AdmissionBackend;
  readonly memory: Pick<RedisMemoryMonitor, 'isTight'>;
  /** Names the client in Redis's keys. */
  readonly producer: string;
  /** What a candidate asks for. */
  readonly callOf: (candidate: C) => AddCall;
  /** Whether a candidate may be sent now; if not, it has been refused. */
  readonly maySend: (candidate: C) => boolean;
}

/**
 * Everything that a put does with Redis. A call is refused before it is sent when Redis's memory is nearly full; it has an id by which
 * Redis recognises a second copy, and it is sent again when its reply was lost.
 */
export class AdmissionClient<C extends Candidate> {
  readonly #deps: AdmissionClientDeps<C>;
  readonly #policies: AdmissionPolicies;
  readonly #oneJob: OneJobCalls;
  readonly #requestIds: RequestIds;
  #answeredAtMs = -Infinity;
  /** Once it was asked for. No call waits for it then, so none overtakes another. */
  #client: RedisClient | undefined;

  constructor(deps: AdmissionClientDeps<C>) {
    this.#deps = deps;
    const { queue, backend, producer } = deps;
    const { capacity, keep } = queue;
    this.#policies = { capacity, keepDead: keep.dead, idWindows: idWindowsOf(queue) };
    this.#oneJob = new OneJobCalls(backend.keys, this.#policies);
    this.#requestIds = new RequestIds(backend.toKey(`${sluiceKeys.reply}${producer}`));
  }

  /** How many calls are in flight. */
  get inFlight(): number {
    return this.#requestIds.inFlight;
  }

  /** When Redis last answered a call; monotonic. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  /** The keys in which Redis caches replies to this client. */
  get replyKeys(): string[] {
    return this.#requestIds.keys;
  }

  /**
   * Asks for these candidates to be admitted in one call, as far as there is free capacity.
   *
   * @param ticket with it, what finds no free capacity waits in the waiter queue
   * @param whole for candidates that are admitted together or not at all
   * @throws MemoryTight when Redis's memory is nearly full; RedisTimeoutError when there was no reply in time
   */
  async admit(candidates: readonly C[], ticket?: TicketRequest, whole?: WholeAdmission): Promise<Admitted<C>> {
    const { backend, connection, memory } = this.#deps;
    const startedAt = performance.now();
    const isTight = memory.isTight();
    if (isTight instanceof Promise ? await isTight : isTight) throw new MemoryTight();
    const client = (this.#client ??= await backend.client);
    const requestId = this.#requestIds.acquire();
    const call: Call<C> = { candidates, ticket, whole, requestId, sent: [], mayBeIn: false };
    try {
      const limits = { windowMs: requestId.windowMs, deadline: startedAt + connection.unavailableMs };
      const reply = await connection.retryUntilAnswered(() => this.#send(client, call), limits);
      this.#answeredAtMs = performance.now();
      return { sent: call.sent, reply };
    } finally {
      this.#requestIds.release(requestId);
    }
  }

  /** Gives up a ticket of the waiter queue. Never rejects: a ticket that is not given up ends by itself. */
  async leave(ticket: string): Promise<void> {
    const { backend, connection } = this.#deps;
    await connection.call(() => backend.leaveWaiterQueue(ticket)).catch(() => undefined);
  }

  /**
   * Sends a copy of a call. Which candidates are sent is decided here: one that was called off while its call waited for a
   * connection never is. Once a copy may have reached Redis, every further copy holds the same candidates.
   *
   * @returns undefined when no candidate is left to send
   */
  async #send(client: RedisClient, call: Call<C>): Promise<AdmissionReply | undefined> {
    const { maySend } = this.#deps;
    if (!call.mayBeIn) call.sent = call.candidates.filter(maySend);
    const { sent } = call;
    if (sent.length === 0) return undefined;
    mark(sent, true);
    try {
      return await this.#run(client, call);
    } catch (error) {
      if (isNotReady(error) && !call.mayBeIn) mark(sent, false);
      else call.mayBeIn = true;
      throw error;
    }
  }

  /** A single plain job takes a shorter script. Copies of a call always go through the same one. */
  #run(client: RedisClient, { sent, ticket, whole, requestId }: Call<C>): Promise<AdmissionReply> {
    const { backend, callOf } = this.#deps;
    const calls = sent.map(callOf);
    const job = whole ? undefined : onlyPlainJob(calls, ticket);
    if (!job)
      return sendAdmission(client, backend, { mode: 'each', ...this.#policies, ...whole, ticket, requestId, calls });
    return admitOne(client, backend, this.#oneJob, { job, ticket, requestId });
  }
}

/** One call, however often it is sent. */
interface Call<C> {
  readonly candidates: readonly C[];
  readonly ticket: TicketRequest | undefined;
  readonly whole: WholeAdmission | undefined;
  readonly requestId: RequestId;
  /** Those that the reply is about, in its order. */
  sent: readonly C[];
  /** A copy may have reached Redis. */
  mayBeIn: boolean;
}

function mark(candidates: readonly Candidate[], sent: boolean): void {
  for (const candidate of candidates) candidate.sent = sent;
}

/**
 * Gives each call an id. Redis caches the reply to the last call of each request-id slot. A slot belongs to one call at a time, so
 * there are as many slots as there ever were calls in flight at once.
 */
export class RequestIds {
  readonly #keyPrefix: string;
  readonly #freeSlots: string[] = [];
  #slots = 0;
  #number = 0;

  constructor(keyPrefix: string) {
    this.#keyPrefix = keyPrefix;
  }

  /** The keys that cache the replies of all its slots. */
  get keys(): string[] {
    return Array.from({ length: this.#slots }, (_, index) => this.#key(index + 1));
  }

  /** How many calls are in flight. */
  get inFlight(): number {
    return this.#slots - this.#freeSlots.length;
  }

  acquire(): RequestId {
    this.#number += 1;
    const slot = this.#freeSlots.pop() ?? this.#key((this.#slots += 1));
    return { slot, number: this.#number, windowMs: producerDefaults.resendWindowMs };
  }

  /** The call is over: it was answered, or the client gave up and will not send it again. */
  release({ slot }: RequestId): void {
    this.#freeSlots.push(slot);
  }

  #key(slot: number): string {
    return `${this.#keyPrefix}:${slot}`;
  }
}
