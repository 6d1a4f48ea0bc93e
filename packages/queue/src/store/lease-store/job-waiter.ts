import { Cluster, type Redis } from 'ioredis';
import { isRefusal } from '../connection/redis-errors.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { answerWithin } from '../connection/redis-timeout.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';

/** How long the end of a wait may take once Redis was asked for it. */
const END_MS = 1_000;

/** Some versions of Redis wait for ever when they are asked to wait for less than a millisecond. */
const BLOCK_MIN_MS = 10;

/** A timer of Node may fire a millisecond too early: then the job would not be due yet. */
const DUE_MARGIN_MS = 1;

/** What a command behind a wait answered, and what the wait itself failed with, if it did: then it was none. */
export interface AfterWait<T> {
  readonly answer: T;
  readonly fault: Error | null;
}

export interface JobWaiterDeps {
  /** For waiting alone. Closed with this. */
  readonly link: RedisConnection;
  /** On which a wait is ended, and a marker is left when a delayed job is due. Not closed. */
  readonly commands: RedisConnection;
  /** BullMQ's sorted set, in which each client that adds a job leaves a marker. */
  readonly marker: () => string;
}

/**
 * The connection on which an idle pool blocks in Redis until there may be a job.
 *
 * Redis leaves what is sent behind a blocking command unread until the wait is over, and then goes on with it at once. So a
 * command that is to follow the wait can be sent with it, and costs no round trip of its own. Such a wait has to be ended in
 * order, by CLIENT UNBLOCK: cutting the connection could lose what the command answers.
 *
 * Redis looks for waits that are over ten times a second only, so it would end one up to 100 ms late. A wait that is shorter than
 * the longest ends when a delayed job is due: then this leaves a marker, as a client does that adds a job. It wakes the pool
 * that has waited longest, which need not be this one, and the one that wakes takes the job.
 */
export class JobWaiter {
  readonly #deps: JobWaiterDeps;
  #canEnd = false;
  #clientId: Promise<unknown> | undefined;
  #wait: Promise<unknown> | undefined;

  constructor(deps: JobWaiterDeps) {
    this.#deps = deps;
  }

  /** Whether {@link thenRun} can be called: one server, and the user may end a wait. */
  get canRunBehind(): boolean {
    return this.#canEnd;
  }

  async connect(): Promise<void> {
    await this.#deps.link.connect();
    this.#canEnd = await this.#mayUnblock();
  }

  /** Waits at most `maxMs`. @returns when to look, in milliseconds since the epoch: 0 for now. */
  forJob(maxMs: number): Promise<number> {
    this.#clientId = undefined;
    return this.#note(this.#block(maxMs).then((popped) => (popped ? Number(popped[2]) : 0)));
  }

  /**
   * Waits at most `maxMs`, and has Redis run a command as soon as the wait is over, however it ended.
   *
   * @param command sends one command, at once, on the client that it is given
   */
  thenRun<T>(maxMs: number, command: (client: Redis) => Promise<T>): Promise<AfterWait<T>> {
    const { client } = this.#deps.link;
    this.#clientId = client.call('CLIENT', 'ID');
    this.#clientId.catch(() => undefined);
    const fault = this.#block(maxMs).then(
      () => null,
      (error: Error) => error,
    );
    return this.#note(command(client).then(async (answer) => ({ answer, fault: await fault })));
  }

  /** Ends a wait that is under way; later ones fail. @returns whether a wake-up may have been lost */
  async close(): Promise<boolean> {
    const wait = this.#wait;
    const ended = !wait || (this.#clientId !== undefined && (await this.#end(wait)));
    await this.#deps.link.close();
    return !ended;
  }

  async #note<T>(wait: Promise<T>): Promise<T> {
    this.#wait = wait;
    try {
      return await wait;
    } finally {
      if (this.#wait === wait) this.#wait = undefined; // one without an answer may end after the next has begun
    }
  }

  #block(maxMs: number): Promise<[string, string, string] | null> {
    const { link, marker } = this.#deps;
    const popped = link.client.bzpopmin(marker(), Math.max(maxMs, BLOCK_MIN_MS) / 1_000);
    if (maxMs >= poolDefaults.blockMs) return popped;
    const due = setTimeout(() => this.#leaveMarker(), maxMs + DUE_MARGIN_MS);
    return popped.finally(() => clearTimeout(due));
  }

  /** If this fails, Redis ends the wait itself a little later. */
  #leaveMarker(): void {
    const { commands, marker } = this.#deps;
    commands.client.zadd(marker(), 0, '0').catch(() => undefined);
  }

  async #end(wait: Promise<unknown>): Promise<boolean> {
    const { commands } = this.#deps;
    try {
      const id = await answerWithin(Promise.resolve(this.#clientId), END_MS);
      await answerWithin(commands.client.call('CLIENT', 'UNBLOCK', String(id)), END_MS);
      await answerWithin(wait, END_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** A cluster's client has several connections, of which the one that waits is not known. */
  async #mayUnblock(): Promise<boolean> {
    const { link, commands } = this.#deps;
    if ((commands.client as Redis | Cluster) instanceof Cluster) return false;
    try {
      await link.call((client) => client.call('CLIENT', 'ID'));
      await commands.call((client) => client.call('CLIENT', 'UNBLOCK', '0'));
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }
}
