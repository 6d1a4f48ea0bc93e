import { setTimeout as sleep } from 'node:timers/promises';
import { Lifecycle, type LifecycleState } from '../../job/lifecycle/lifecycle.ts';
import { outsideContext } from '../../job/outside-context.ts';
import type { RedisConnection } from './redis-connection.ts';

/** The fields of a stream's entry: name and value in turn. */
export type StreamEntry = readonly string[];

export interface StreamFollower {
  readonly key: string;
  /** The id of the last entry that is known. Moves on by itself. */
  position: string;
  /** Called at every turn, at least once a second, also without entries, with their ids. What it throws is trouble. */
  onTurn(entries: readonly StreamEntry[], ids: readonly string[]): Promise<void>;
  /** The connection was lost, or could not be opened, or a turn failed. Followers are served again soon. */
  onTrouble(error: unknown): void;
}

/** The stream of this process alone, by which others wake it. */
export interface WakeUpStream {
  readonly key: string;
  onWakeUp(): void;
  /** Adds to it, so that a read that blocks returns. May fail: then the read returns within a second. */
  wake(): Promise<unknown>;
}

/** How long a read waits in Redis for entries. */
export const STREAM_BLOCK_MS = 1_000;
const LINGER_MS = 2_000;
/** Each read is answered within {@link STREAM_BLOCK_MS}. */
const HEARD_MS = 2 * STREAM_BLOCK_MS;
const AFTER_TROUBLE_MS = 500;

/**
 * Reads the wake-up stream and the followed ones over one connection, which is open only while it is needed, and
 * a little longer: puts often follow one another.
 */
export class StreamReader {
  readonly #openConnection: () => RedisConnection;
  readonly #wakeUps: WakeUpStream;
  /** An entry that was added before this reader looked is a wake-up, too. */
  #wakeUpPosition = '0-0';
  readonly #followers = new Set<StreamFollower>();
  #listens = false;
  readonly #lifecycle = new Lifecycle({ start: () => this.#readIfNeeded(), stop: () => this.#end() });
  readonly #stopping = new AbortController();
  #neededAtMs = 0;
  #blocks = false;
  /** When Redis last answered on the second connection; monotonic. */
  #heardAtMs = -Infinity;
  #connection: RedisConnection | undefined;
  #loop: Promise<void> | undefined;

  constructor(openConnection: () => RedisConnection, wakeUps: WakeUpStream) {
    this.#openConnection = openConnection;
    this.#wakeUps = wakeUps;
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** From now on it reads while a stream is followed or a wake-up is awaited. */
  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Ends the reading, and resolves once its connection is closed. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /** Says whether anybody waits for a wake-up. */
  listen(listens: boolean): void {
    this.#listens = listens;
    if (listens) this.#readIfNeeded();
  }

  /** Whether wake-ups arrive: the second connection is open, and answered a moment ago. */
  get isListening(): boolean {
    return performance.now() - this.#heardAtMs < HEARD_MS;
  }

  /** Follows a stream until {@link leave}. A stream that several follow is read once. */
  follow(follower: StreamFollower): void {
    this.#followers.add(follower);
    if (this.#blocks) this.#wakeUps.wake().catch(() => undefined);
    this.#readIfNeeded();
  }

  leave(follower: StreamFollower): void {
    this.#followers.delete(follower);
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    await this.#connection?.close(); // ends the read that blocks in Redis
    await this.#loop;
  }

  get #mayRead(): boolean {
    return this.state === 'starting' || this.state === 'running';
  }

  get #isNeeded(): boolean {
    return this.#mayRead && (this.#listens || this.#followers.size > 0);
  }

  #readIfNeeded(): void {
    if (!this.#isNeeded) return;
    this.#loop ??= outsideContext(() => this.#readWhileNeeded()).finally(() => {
      this.#loop = undefined;
      this.#readIfNeeded(); // a follower may have come meanwhile
    });
  }

  async #readWhileNeeded(): Promise<void> {
    const connection = this.#openConnection();
    this.#connection = connection;
    try {
      await connection.connect();
      await this.#read(connection).finally(() => (this.#heardAtMs = -Infinity));
    } catch (error) {
      await this.#tellTrouble(error);
    } finally {
      await connection.close();
    }
  }

  async #read(connection: RedisConnection): Promise<void> {
    while (this.#isWanted()) await this.#turn(connection);
  }

  /** Needed, or needed a moment ago. */
  #isWanted(): boolean {
    const now = performance.now();
    if (this.#isNeeded) this.#neededAtMs = now;
    return this.#mayRead && now - this.#neededAtMs < LINGER_MS;
  }

  async #turn(connection: RedisConnection): Promise<void> {
    const followers = [...this.#followers];
    const followed = earliestPositions(followers);
    const keys = [this.#wakeUps.key, ...followed.keys()];
    const positions = [this.#wakeUpPosition, ...followed.values()];
    const blockMs = this.isListening ? STREAM_BLOCK_MS : 1; // the first answer says that reads are answered at all
    this.#blocks = true;
    const streams = await connection
      .call((client) => client.xread('COUNT', 1_000, 'BLOCK', blockMs, 'STREAMS', ...keys, ...positions))
      .finally(() => (this.#blocks = false));
    this.#heardAtMs = performance.now();
    const messages = new Map(streams);
    const wakeUp = messages.get(this.#wakeUps.key)?.at(-1);
    if (wakeUp) {
      this.#wakeUpPosition = wakeUp[0];
      this.#wakeUps.onWakeUp();
    }
    for (const follower of followers) {
      const { key, position } = follower;
      const read = messages.get(key) ?? [];
      const entries = followed.get(key) === position ? read : read.filter(([id]) => isAfter(id, position));
      follower.position = entries.at(-1)?.[0] ?? position;
      const ids = entries.map(([id]) => id);
      if (this.#followers.has(follower))
        await follower.onTurn(
          entries.map(([, fields]) => fields),
          ids,
        );
    }
  }

  async #tellTrouble(error: unknown): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    for (const follower of this.#followers) follower.onTrouble(error);
    if (this.#isNeeded) await sleep(AFTER_TROUBLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Where each stream is read from: behind what all of its followers know. */
function earliestPositions(followers: readonly StreamFollower[]): Map<string, string> {
  const earliest = new Map<string, string>();
  for (const { key, position } of followers) {
    const known = earliest.get(key);
    if (known === undefined || isAfter(known, position)) earliest.set(key, position);
  }
  return earliest;
}

/** Whether an entry's id, `<ms>-<number>`, is greater than another. */
function isAfter(id: string, other: string): boolean {
  const [[ms = 0, nth = 0], [otherMs = 0, otherNth = 0]] = [id, other].map((each) => each.split('-').map(Number)) as [
    number[],
    number[],
  ];
  return ms > otherMs || (ms === otherMs && nth > otherNth);
}
