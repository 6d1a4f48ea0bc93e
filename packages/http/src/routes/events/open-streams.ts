import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WatchLimit } from '../../requests/watch-limit.ts';
import { EventStream } from './event-stream.ts';

/** How often a stream on which nothing happens shows that it lives: proxies cut off what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** When clients come again after the service has stopped: not all in the same moment. */
const RETRY_LEAST_MS = 500;
const RETRY_SPREAD_MS = 2_500;

export interface OpenStreamsDeps {
  readonly watches: WatchLimit;
  /** Fires when the service stops: all streams are ended then. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

const HEARTBEAT = Buffer.from(':\n\n');

/** All streams of events of this process: their number, their heartbeat and their end. */
export class OpenStreams {
  readonly #deps: OpenStreamsDeps;
  readonly #streams = new Set<EventStream>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(deps: OpenStreamsDeps) {
    this.#deps = deps;
    deps.stopping.addEventListener('abort', () => this.#endAll(), { once: true });
  }

  /** @throws what {@link WatchLimit.enter} throws */
  open(request: FastifyRequest, reply: FastifyReply): EventStream {
    this.#deps.stopping.throwIfAborted();
    this.#deps.watches.enter(request, reply);
    const stream = new EventStream(reply);
    this.#streams.add(stream);
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#deps.heartbeatMs ?? HEARTBEAT_MS);
    stream.onClose(() => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    });
    return stream;
  }

  #beat(): void {
    for (const stream of this.#streams) stream.sendIfRead(HEARTBEAT);
  }

  #endAll(): void {
    for (const stream of this.#streams) stream.end({ retryMs: RETRY_LEAST_MS + Math.random() * RETRY_SPREAD_MS });
  }
}
