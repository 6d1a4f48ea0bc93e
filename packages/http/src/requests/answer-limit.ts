import { limits } from '@sluice/queue/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientGoneError, OverloadedError } from '../problems/request-errors.ts';
import { clientOf } from './client-of.ts';
import { whenOver } from './request-end.ts';

/** What answers may take together. */
export interface AnswerLimits {
  /** Bytes of the answers that are being read or sent. A client may have half of them. */
  readonly answersMaxBytes: number;
}

export const answerDefaults = { answersMaxBytes: 16 * 2 ** 20 } as const satisfies AnswerLimits;

/** What an answer counts as until its size is known. */
export const ANSWER_BYTES = {
  /** One job: its result, and as much again for its progress. */
  job: 2 * limits.resultMaxBytes,
  /** A list: a thousand small things, or some hundred larger ones. */
  list: 2 ** 18,
  /** Each receipt or problem of a put of many. */
  put: 1_024,
} as const;

/** How long an answer is waited for that does not fit. */
const WAIT_MS = 2_000;

export interface TakeOptions {
  /** How long to wait for them. Default two seconds. */
  readonly waitMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface EnterOptions extends Pick<TakeOptions, 'waitMs'> {
  readonly bytes: number;
}

interface Waiting {
  readonly client: string;
  readonly bytes: number;
  readonly resolve: (hold: AnswerHold) => void;
}

/**
 * Bounds the bytes of all answers that are read or sent, so that a thousand long polls whose jobs end at once, or clients that do not read,
 * cannot make the process grow. An answer counts as the most that it may have until it is there, then as what it has, until the client has
 * it. What does not fit waits for its turn.
 */
export class AnswerLimit {
  readonly #maxBytes: number;
  readonly #byClient = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor({ answersMaxBytes }: AnswerLimits) {
    this.#maxBytes = answersMaxBytes;
  }

  /** What is held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes this many bytes for a client. More than there may be is cut to that.
   *
   * @throws OverloadedError when they are not free in time; what the signal aborts with
   */
  async take(client: string, bytes: number, { signal, waitMs = WAIT_MS }: TakeOptions = {}): Promise<AnswerHold> {
    signal?.throwIfAborted();
    const fitting = Math.min(bytes, this.#mostOfOne);
    if (this.#waiting.size === 0 && this.#fits(client, fitting)) return this.#grant(client, fitting);
    const { promise, resolve, reject } = Promise.withResolvers<AnswerHold>();
    const waiting: Waiting = { client, bytes: fitting, resolve };
    const leave = (error: unknown): void => {
      this.#waiting.delete(waiting); // at once: what is given back in the same turn of the event loop is for others
      reject(error as Error);
    };
    const off = (): void => leave(signal?.reason);
    const timer = waitMs === Infinity ? undefined : setTimeout(() => leave(new OverloadedError()), waitMs);
    signal?.addEventListener('abort', off, { once: true });
    this.#waiting.add(waiting);
    this.#grantNext(); // who waits may all wait for shares of their own
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', off);
    }
  }

  /**
   * Takes this many bytes for the answer to a request, which gives them back with its end.
   *
   * @throws OverloadedError when they are not free in time; ClientGoneError
   */
  async enter(request: FastifyRequest, reply: FastifyReply, { bytes, waitMs }: EnterOptions): Promise<AnswerHold> {
    if (reply.raw.closed || request.raw.socket.destroyed) throw new ClientGoneError();
    const gone = new AbortController();
    whenOver(reply, () => gone.abort(new ClientGoneError()));
    const hold = await this.take(clientOf(request), bytes, {
      signal: gone.signal,
      ...(waitMs !== undefined && { waitMs }),
    });
    // At once, when the bytes came in the turn of the event loop in which the client left.
    whenOver(reply, () => hold.release());
    gone.signal.throwIfAborted();
    request.sluiceAnswer = hold;
    return hold;
  }

  get #mostOfOne(): number {
    return Math.ceil(this.#maxBytes / 2);
  }

  #fits(client: string, bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes && (this.#byClient.get(client) ?? 0) + bytes <= this.#mostOfOne;
  }

  #grant(client: string, bytes: number): AnswerHold {
    this.#add(client, bytes);
    return new AnswerHold(bytes, (more) => {
      this.#add(client, more);
      if (more < 0) this.#grantNext();
    });
  }

  #add(client: string, bytes: number): void {
    this.#bytes += bytes;
    const held = (this.#byClient.get(client) ?? 0) + bytes;
    if (held > 0) this.#byClient.set(client, held);
    else this.#byClient.delete(client);
  }

  /** In their order; but who has its share keeps no other one waiting. */
  #grantNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#bytes + waiting.bytes > this.#maxBytes) return;
      if (!this.#fits(waiting.client, waiting.bytes)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(this.#grant(waiting.client, waiting.bytes));
    }
  }
}

/** What one answer holds of the limit. */
export class AnswerHold {
  readonly #add: (bytes: number) => void;
  #bytes: number;
  #isOver = false;

  /** @param add changes how much all answers hold */
  constructor(bytes: number, add: (bytes: number) => void) {
    this.#bytes = bytes;
    this.#add = add;
  }

  /** The answer has this many bytes. */
  resize(bytes: number): void {
    if (this.#isOver) return;
    const more = bytes - this.#bytes;
    this.#bytes = bytes;
    this.#add(more);
  }

  /** The answer is sent, or there is none. Safe to call twice. */
  release(): void {
    this.resize(0);
    this.#isOver = true;
  }
}
