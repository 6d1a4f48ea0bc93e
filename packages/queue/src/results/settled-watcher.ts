import { ResultExpiredError, ResultTimeoutError } from '@sluice/shared';
import { callerId } from '../redis/queue-keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { type JobRecord, readJobs } from './job-record.ts';

interface Waiter {
  resolve(record: JobRecord): void;
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
 * hash, so a trimmed or lost event costs at most a second. The stream is read over a connection of its own, which is
 * open only while somebody waits.
 */
export class SettledWatcher {
  readonly #link: RedisLink;
  readonly #openStream: () => RedisLink;
  readonly #base: string;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #reading: Promise<void> | undefined;
  #stream: RedisLink | undefined;
  #closed = false;

  /** @param base the queue's key prefix, ending in a colon */
  constructor(link: RedisLink, base: string, openStream: () => RedisLink) {
    this.#link = link;
    this.#base = base;
    this.#openStream = openStream;
  }

  /**
   * Resolves with the job once it has ended.
   *
   * @throws ResultTimeoutError when it has not ended after `waitMs`
   * @throws ResultExpiredError when it is not kept, before or after its end
   */
  async wait(id: string, { waitMs, signal }: WatchOptions): Promise<JobRecord> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<JobRecord>();
    const waiter: Waiter = { resolve, reject };
    const give = (): void => reject(signal?.reason);
    const timer =
      waitMs < 2 ** 31 ? setTimeout(() => reject(new ResultTimeoutError(callerId(id), waitMs)), waitMs) : undefined;
    signal?.addEventListener('abort', give, { once: true });
    this.#enter(id, waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
      this.#leave(id, waiter);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) waiter.reject(new Error('the producer was closed while a result was awaited'));
    }
    await this.#stream?.close(); // ends the read that blocks in Redis
    await this.#reading;
  }

  #enter(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    if (waiters) waiters.add(waiter);
    else this.#waiters.set(id, new Set([waiter]));
    // It may have ended before anybody watched.
    this.#look([id]).catch((error: unknown) => waiter.reject(error));
    this.#ensureReading();
  }

  #ensureReading(): void {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      // Somebody may have come while the stream was being closed.
      if (this.#waiters.size > 0 && !this.#closed) this.#ensureReading();
    });
  }

  #leave(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(id);
  }

  /** Looks at jobs and tells those who wait for one that has ended. True when one had. */
  async #look(ids: readonly string[]): Promise<boolean> {
    let found = false;
    for (let from = 0; from < ids.length; from += CHUNK) {
      const chunk = ids.slice(from, from + CHUNK);
      const records = await this.#link.ask((client) => readJobs(client, this.#base, chunk));
      for (const [index, id] of chunk.entries()) found = this.#tell(id, records[index] ?? null) || found;
    }
    return found;
  }

  #tell(id: string, record: JobRecord | null): boolean {
    if (record && record.endedAt === null) return false;
    const waiters = [...(this.#waiters.get(id) ?? [])];
    for (const waiter of waiters) {
      if (record) waiter.resolve(record);
      else waiter.reject(new ResultExpiredError(callerId(id)));
    }
    return waiters.length > 0;
  }

  /** Follows the stream as long as somebody waits, and a little longer: puts often follow one another. */
  async #read(): Promise<void> {
    const stream = this.#openStream();
    this.#stream = stream;
    try {
      await stream.connect();
      await this.#follow(stream);
    } catch (error) {
      this.#failAll(error);
    } finally {
      await stream.close();
    }
  }

  async #follow(stream: RedisLink): Promise<void> {
    let idleSince = performance.now();
    let position = await this.#catchUp(stream);
    let checkedAt = performance.now();
    while (!this.#closed && (this.#waiters.size > 0 || performance.now() - idleSince < LINGER_MS)) {
      if (this.#waiters.size > 0) idleSince = performance.now();
      const events = await this.#nextEvents(stream, position);
      position = events.position;
      await this.#look(events.ids.filter((id) => this.#waiters.has(id)));
      if (performance.now() - checkedAt < CHECK_EVERY_MS) continue;
      checkedAt = performance.now();
      // What the stream did not tell: events were trimmed, or Redis came back with another stream.
      if (await this.#look([...this.#waiters.keys()])) position = await this.#catchUp(stream);
    }
  }

  /** The place to read on from. Whatever ended before it is found by looking once more at everything awaited. */
  async #catchUp(stream: RedisLink): Promise<string> {
    const position = await this.#lastEvent(stream);
    await this.#look([...this.#waiters.keys()]);
    return position;
  }

  async #lastEvent(stream: RedisLink): Promise<string> {
    const [last] = await stream.ask((client) => client.xrevrange(`${this.#base}events`, '+', '-', 'COUNT', 1));
    return last?.[0] ?? '0-0';
  }

  async #nextEvents(stream: RedisLink, position: string): Promise<{ position: string; ids: string[] }> {
    const reply = await stream.ask((client) =>
      client.xread('COUNT', 1_000, 'BLOCK', CHECK_EVERY_MS, 'STREAMS', `${this.#base}events`, position),
    );
    const entries = reply?.[0]?.[1] ?? [];
    return {
      position: entries.at(-1)?.[0] ?? position,
      ids: [...new Set(entries.flatMap(([, fields]) => endedJob(fields)))],
    };
  }

  #failAll(error: unknown): void {
    const waiters = [...this.#waiters.values()].flatMap((set) => [...set]);
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }
}

/** The job that an event says has ended, if it says so. */
function endedJob(fields: string[]): string[] {
  const event = fields[fields.indexOf('event') + 1];
  const id = fields[fields.indexOf('jobId') + 1];
  return (event === 'completed' || event === 'failed' || event === 'removed') && id ? [id] : [];
}
