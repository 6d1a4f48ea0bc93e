import { outsideContext } from '../../job/outside-context.ts';
import { Semaphore } from '../../job/semaphore.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { StreamEntry, StreamFollower, StreamReader } from '../connection/stream-reader.ts';
import { callerId } from '../keys/queue-keys.ts';
import { askForEnds } from './event-policy.ts';

/** A step of a job, as the event stream of its queue has it. JSON-safe. */
export interface QueueEvent {
  /** Where it is in the stream: what `eventsAfter` goes on from. */
  readonly cursor: string;
  /** When Redis noted it, in milliseconds since the epoch. */
  readonly at: number;
  /** The caller's id of the job; null of an event that is about none. */
  readonly id: string | null;
  /** BullMQ's name of the event: `waiting`, `active`, `delayed`, `completed`, `failed`, `progress`, `removed` and others. */
  readonly event: string;
  /** Of `progress`: what the handler stored; undefined otherwise. */
  readonly progress?: unknown;
}

/** A part of what a queue's stream keeps. */
export interface QueueEventsPage {
  /** In their order. */
  readonly events: readonly QueueEvent[];
  /** Whether nothing between the cursor and the first event was lost to the stream's limit. */
  readonly isWhole: boolean;
  /** Whether there may be more behind the last one. */
  readonly isMore: boolean;
}

/** Called with the events that came since the last call, in their order. */
export type QueueEventListener = (events: readonly QueueEvent[]) => void;

/** How often a queue that writes no events is asked for the ends of jobs. */
const ASK_EVERY_MS = 1_000;
/** The most events of one page: with results of 4 KiB each some MiB. */
const PAGE_MAX = 500;
/** Pages that are read at once: after a restart, all clients go on from where they were. */
const READS_AT_ONCE = 4;

/** Follows a queue's event stream for any number of listeners, by the reader that the producer has in any case. */
export class QueueEvents {
  readonly #connection: RedisConnection;
  readonly #base: string;
  readonly #reader: StreamReader;
  readonly #listeners = new Set<QueueEventListener>();
  readonly #reads = new Semaphore(READS_AT_ONCE);
  #following: Promise<StreamFollower> | undefined;
  #askedAtMs = -Infinity;

  /** @param base the queue's key prefix, ending in a colon */
  constructor(connection: RedisConnection, base: string, reader: StreamReader) {
    this.#connection = connection;
    this.#base = base;
    this.#reader = reader;
  }

  /** Resolves once every event from then on will reach the listener: with where that is in the stream, and what ends it. */
  async follow(listener: QueueEventListener): Promise<{ cursor: string; stop: () => void }> {
    const { following, follower } = await this.#join();
    this.#listeners.add(listener);
    const stop = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0 || this.#following !== following) return;
      this.#following = undefined;
      this.#reader.leave(follower);
    };
    return { cursor: follower.position, stop };
  }

  /** The next events behind a cursor, at most some hundred. Of a cursor that is none, none. */
  async after(cursor: string, signal: AbortSignal): Promise<QueueEventsPage> {
    if (!/^\d{1,16}-\d{1,16}$/.test(cursor)) return { events: [], isWhole: false, isMore: false };
    const release = await this.#reads.acquire(signal);
    try {
      const key = this.#key;
      const [oldest, entries] = await this.#connection.call((client) =>
        Promise.all([
          client.xrange(key, '-', '+', 'COUNT', 1),
          client.xrange(key, `(${cursor}`, '+', 'COUNT', PAGE_MAX),
        ]),
      );
      const first = oldest[0]?.[0];
      return {
        events: entries.map(([id, fields]) => readEvent(fields, id)),
        isWhole: first !== undefined && Number.parseInt(first, 10) <= Number.parseInt(cursor, 10),
        isMore: entries.length === PAGE_MAX,
      };
    } finally {
      release();
    }
  }

  /** What was begun may have been ended again by those who left meanwhile. */
  async #join(): Promise<{ following: Promise<StreamFollower>; follower: StreamFollower }> {
    for (;;) {
      const following = (this.#following ??= outsideContext(() => this.#begin()));
      const follower = await following.catch((error: unknown) => {
        if (this.#following === following) this.#following = undefined;
        throw error;
      });
      if (this.#following === following) return { following, follower };
    }
  }

  get #key(): string {
    return `${this.#base}events`;
  }

  async #begin(): Promise<StreamFollower> {
    const key = this.#key;
    const [last] = await this.#connection.call((client) => client.xrevrange(key, '+', '-', 'COUNT', 1));
    const follower: StreamFollower = {
      key,
      position: last?.[0] ?? '0-0',
      onTurn: (entries, ids) => this.#turn(entries, ids),
      // Nothing is lost: the reader goes on from the same position once Redis is back.
      onTrouble: () => undefined,
    };
    await this.#askForEnds();
    this.#reader.follow(follower);
    return follower;
  }

  async #turn(entries: readonly StreamEntry[], ids: readonly string[]): Promise<void> {
    const events = entries.map((fields, index) => readEvent(fields, ids[index] ?? ''));
    if (events.length > 0) for (const listener of this.#listeners) listener(events);
    if (performance.now() - this.#askedAtMs >= ASK_EVERY_MS) await this.#askForEnds();
  }

  async #askForEnds(): Promise<void> {
    this.#askedAtMs = performance.now();
    await this.#connection.call((client) => askForEnds(client, this.#base));
  }
}

function readEvent(fields: StreamEntry, cursor: string): QueueEvent {
  const field = (name: string): string | null => {
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1] ?? null;
    return null;
  };
  const [id, event] = [field('jobId'), field('event') ?? ''];
  const known = { cursor, at: Number.parseInt(cursor, 10), id: id === null ? null : callerId(id), event };
  return event === 'progress' ? { ...known, progress: parseOrText(field('data')) } : known;
}

function parseOrText(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return json;
  }
}
