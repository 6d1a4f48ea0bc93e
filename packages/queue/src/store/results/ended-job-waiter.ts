import { ResultExpiredError, ResultTimeoutError } from '../../job/errors/index.ts';
import { outsideContext } from '../../job/outside-context.ts';
import { callerId } from '../keys/queue-keys.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { StreamEntry, StreamFollower, StreamReader } from '../connection/stream-reader.ts';
import { askForEnds } from './event-policy.ts';
import { type JobHead, type JobRecord, readJobHeads, readJobs } from './job-record.ts';

interface Waiter {
  /** Whether a worker had taken the job when it was last looked at. */
  isStarted: boolean | null;
  /** Why its last attempt had failed then. */
  failure: string | undefined;
  /** Whether it needs the job with its payload and result, or only to know. */
  readonly needsRecord: boolean;
  resolve(record: JobRecord | undefined): void;
  reject(error: unknown): void;
}

export interface WatchOptions {
  waitMs: number;
  signal?: AbortSignal | undefined;
}

const CHECK_EVERY_MS = 1_000;
const LINGER_MS = 2_000;
const CHUNK = 200;

/**
 * Waits for jobs to end. The queue's event stream says which ones are worth a look; the look itself is at the job's
 * hash, so a trimmed or lost event costs at most a second. A queue that writes no events is asked for those of ended jobs.
 */
export class EndedJobWaiter {
  readonly #connection: RedisConnection;
  readonly #reader: StreamReader;
  readonly #base: string;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #follower: StreamFollower | undefined;
  #checkedAtMs = 0;
  #awaitedAtMs = 0;

  /** @param base the queue's key prefix, ending in a colon */
  constructor(connection: RedisConnection, base: string, reader: StreamReader) {
    this.#connection = connection;
    this.#base = base;
    this.#reader = reader;
  }

  /**
   * Resolves with the job once it has ended.
   *
   * @throws ResultTimeoutError when it has not ended after `waitMs`
   * @throws ResultExpiredError when it is not kept, before or after its end
   */
  async wait(id: string, options: WatchOptions): Promise<JobRecord> {
    const record = await this.#wait(id, options, true);
    if (!record) throw new ResultExpiredError(callerId(id));
    return record;
  }

  /** The same for who only needs to know: a thousand jobs that end at once are not read. */
  async waitForEnd(id: string, options: WatchOptions): Promise<void> {
    await this.#wait(id, options, false);
  }

  async #wait(id: string, { waitMs, signal }: WatchOptions, needsRecord: boolean): Promise<JobRecord | undefined> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<JobRecord | undefined>();
    const waiter: Waiter = { isStarted: null, failure: undefined, needsRecord, resolve, reject };
    const give = (): void => reject(signal?.reason);
    const keys = this.#base.replace(/:$/, '');
    const late = (): void =>
      reject(new ResultTimeoutError(callerId(id), waitMs, waiter.isStarted, { keys, failure: waiter.failure }));
    const timer = waitMs === Infinity ? undefined : setTimeout(late, waitMs);
    signal?.addEventListener('abort', give, { once: true });
    outsideContext(() => this.#enter(id, waiter));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
      this.#leave(id, waiter);
    }
  }

  /** Rejects everybody who waits. */
  close(reason: unknown): void {
    this.#failAll(reason);
  }

  #enter(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    if (waiters) waiters.add(waiter);
    else this.#waiters.set(id, new Set([waiter]));
    // It may have ended before anybody watched.
    this.#look([id]).catch((error: unknown) => waiter.reject(error));
    this.#follow();
  }

  #leave(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(id);
  }

  /** Follows the stream as long as a caller waits, and a little longer: puts often follow one another. */
  #follow(): void {
    if (this.#follower) return;
    const follower: StreamFollower = {
      key: `${this.#base}events`,
      position: '',
      onTurn: (entries) => this.#turn(entries),
      onTrouble: (error) => this.#failAll(error),
    };
    this.#follower = follower;
    this.#catchUp(follower).then(
      () => follower === this.#follower && this.#reader.follow(follower),
      (error: unknown) => follower === this.#follower && this.#failAll(error),
    );
  }

  #rest(): void {
    if (this.#follower) this.#reader.leave(this.#follower);
    this.#follower = undefined;
  }

  async #turn(entries: readonly StreamEntry[]): Promise<void> {
    if (this.#waiters.size > 0) this.#awaitedAtMs = performance.now();
    else if (performance.now() - this.#awaitedAtMs >= LINGER_MS) return this.#rest();
    const ended = new Set(entries.flatMap(endedJob));
    await this.#lookAtEnded([...ended].filter((id) => this.#waiters.has(id)));
    if (performance.now() - this.#checkedAtMs < CHECK_EVERY_MS) return;
    this.#checkedAtMs = performance.now();
    await this.#askForEnds();
    // What the stream did not show: events were trimmed, or Redis came back with another stream.
    if ((await this.#look([...this.#waiters.keys()])) && this.#follower) await this.#catchUp(this.#follower);
  }

  /**
   * Looks at jobs and notifies those who wait for one that has ended. True when one had. Of those that have not, no payload is
   * read: a thousand may be awaited, each of 256 KiB.
   */
  async #look(ids: readonly string[]): Promise<boolean> {
    const ended: string[] = [];
    let found = false;
    for (const chunk of chunksOf(ids)) {
      const heads = await this.#connection.call((client) => readJobHeads(client, this.#base, chunk));
      for (const [index, id] of chunk.entries()) {
        const head = heads[index] ?? null;
        if (!this.#hasEnded(id, head)) continue;
        if (head && this.#needsRecord(id)) ended.push(id);
        else found = this.#notify(id, head && 'ended') || found;
      }
    }
    return (await this.#readEnded(ended)) || found;
  }

  /** Looks at jobs that are said to have ended: those whose record is needed are read at once. */
  async #lookAtEnded(ids: readonly string[]): Promise<boolean> {
    const { needed = [], others = [] } = Object.groupBy(ids, (id) => (this.#needsRecord(id) ? 'needed' : 'others'));
    const found = await this.#readEnded(needed);
    return (await this.#look(others)) || found;
  }

  #needsRecord(id: string): boolean {
    return [...(this.#waiters.get(id) ?? [])].some(({ needsRecord }) => needsRecord);
  }

  async #readEnded(ids: readonly string[]): Promise<boolean> {
    let found = false;
    for (const chunk of chunksOf(ids)) {
      const records = await this.#connection.call((client) => readJobs(client, this.#base, chunk));
      for (const [index, id] of chunk.entries()) {
        const record = records[index] ?? null;
        if (this.#hasEnded(id, record)) found = this.#notify(id, record) || found;
      }
    }
    return found;
  }

  /** Also of one that is not kept. Notes of one that has not ended what its waiters are told when their time is over. */
  #hasEnded(id: string, head: Pick<JobHead, 'startedAt' | 'endedAt' | 'failure'> | null): boolean {
    if (!head || head.endedAt !== null) return true;
    for (const waiter of this.#waiters.get(id) ?? []) {
      waiter.isStarted = head.startedAt !== null;
      waiter.failure = head.failure?.message;
    }
    return false;
  }

  /** @param record null when it is not kept; `ended` where it was not read, as nobody needed it by then */
  #notify(id: string, record: JobRecord | 'ended' | null): boolean {
    const waiters = [...(this.#waiters.get(id) ?? [])].filter(
      ({ needsRecord }) => !(needsRecord && record === 'ended'),
    );
    for (const waiter of waiters) {
      if (record) waiter.resolve(record === 'ended' ? undefined : record);
      else waiter.reject(new ResultExpiredError(callerId(id)));
    }
    return waiters.length > 0;
  }

  /** Reads on from the stream's end. Whatever ended before it is found by looking once more at everything awaited. */
  async #catchUp(follower: StreamFollower): Promise<void> {
    const [[last]] = await Promise.all([
      this.#connection.call((client) => client.xrevrange(follower.key, '+', '-', 'COUNT', 1)),
      this.#askForEnds(),
    ]);
    follower.position = last?.[0] ?? '0-0';
    await this.#look([...this.#waiters.keys()]);
    this.#checkedAtMs = performance.now();
  }

  /** Again and again while anybody waits: the queue's policy may change, and what it was asked is forgotten. */
  #askForEnds(): Promise<void> {
    return this.#connection.call((client) => askForEnds(client, this.#base));
  }

  #failAll(error: unknown): void {
    const waiters = [...this.#waiters.values()].flatMap((set) => [...set]);
    this.#waiters.clear();
    this.#rest();
    for (const waiter of waiters) waiter.reject(error);
  }
}

function* chunksOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < ids.length; from += CHUNK) yield ids.slice(from, from + CHUNK);
}

/** The job that an event says has ended, if it says so. */
function endedJob(fields: StreamEntry): string[] {
  const event = fields[fields.indexOf('event') + 1];
  const id = fields[fields.indexOf('jobId') + 1];
  return (event === 'completed' || event === 'failed' || event === 'removed') && id ? [id] : [];
}
