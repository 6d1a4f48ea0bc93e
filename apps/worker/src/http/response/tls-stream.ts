import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** What each TLS socket reads from. */
const streams = new WeakMap<Socket, TlsStream>();

/**
 * The encrypted side of a TLS connection, as a stream that TLS reads instead of the socket itself: this is the only way to see whether
 * the other side closed the connection by TLS (close_notify), or somebody between cut it off. Node ends both alike.
 */
export class TlsStream extends Duplex {
  readonly #socket: Socket;
  #tls: Socket | null = null;

  constructor(socket: Socket) {
    super();
    this.#socket = socket
      .on('data', (chunk) => {
        if (!this.push(chunk)) socket.pause();
      })
      .on('end', () => this.push(null))
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.destroy());
  }

  /** Remembers which socket decrypts this stream. */
  isReadBy(tls: Socket): void {
    streams.set(tls, this);
    this.#tls = tls;
  }

  /** TLS would pass the error on without ending for it, so that callers could not see why it ended. */
  #fail(error: Error): void {
    this.#tls?.destroy(error);
    this.destroy(this.#tls ? undefined : error);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** Whether the connection below TLS has ended. A socket that ends only then was not closed by the other side's TLS. */
export function hasEndedBelowTls(tls: Socket): boolean {
  return streams.get(tls)?.readableEnded ?? false;
}
