import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** What may be unsent on a connection before what the next second replaces is left out. */
const THIN_BYTES = 16 * 1_024;
/** What may be unsent before the stream is dropped: a thousand of them take no more than 64 MiB. */
const DROP_BYTES = 64 * 1_024;

/**
 * One stream of server-sent events. What a client does not read is not kept for it: events that the next ones replace are left out,
 * and a client for which others pile up is cut off, and goes on from the last one that it has.
 */
export class EventStream {
  readonly #raw: ServerResponse;

  /** Answers with the head of a stream. From then on the reply is no longer Fastify's. */
  constructor(reply: FastifyReply) {
    reply.hijack();
    this.#raw = reply.raw;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) this.#raw.setHeader(name, value);
    this.#raw.setHeader('content-type', 'text/event-stream');
    this.#raw.setHeader('cache-control', 'no-store');
    this.#raw.setHeader('x-accel-buffering', 'no'); // nginx would collect the events
    this.#raw.writeHead(200);
    this.#raw.flushHeaders();
  }

  /** Whether it is over. */
  get isClosed(): boolean {
    return this.#raw.closed || this.#raw.writableEnded || this.#raw.destroyed;
  }

  /** Calls back once it is over, by whatever end. */
  onClose(listener: () => void): void {
    this.#raw.once('close', listener);
  }

  /** Sends what may not be left out; what comes together in one call. */
  send(frames: readonly Buffer[]): void {
    if (this.isClosed || frames.length === 0) return;
    if (this.#raw.writableLength > DROP_BYTES) this.#raw.destroy();
    else this.#raw.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }

  /** Resolves once the client has read most of what was sent, or is gone. */
  async whenRead(): Promise<void> {
    if (this.isClosed || !this.#raw.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = (): void => {
      this.#raw.off('drain', over).off('close', over);
      resolve();
    };
    this.#raw.on('drain', over).on('close', over);
    await promise;
  }

  /** Sends what may be left out because the next one says it as well. */
  sendIfRead(frame: Buffer): void {
    if (!this.isClosed && this.#raw.writableLength <= THIN_BYTES) this.#raw.write(frame);
  }

  /** Ends it, and says when to come again if there is reason to. */
  end({ retryMs }: { retryMs?: number } = {}): void {
    if (this.isClosed) return;
    this.#raw.end(retryMs === undefined ? undefined : `retry: ${Math.round(retryMs)}\n\n`);
  }
}
