import type { Socket } from 'node:net';

/** Decides whether the reply to these bytes is dropped. The function that it returns is called when that has happened. */
export type TakeDrop = (sent: Buffer) => (() => void) | null;

/** One client's connection through the proxy. Cutting either side cuts the other. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #takeDrop: TakeDrop;
  readonly #translate: (answer: Buffer) => Buffer;
  #dropped: (() => void) | null = null;
  #forgotten = false;

  /** @param translate what the client gets instead of what the server answered */
  constructor(
    client: Socket,
    server: Socket,
    takeDrop: TakeDrop,
    translate: (answer: Buffer) => Buffer = (answer) => answer,
  ) {
    this.#client = client;
    this.#server = server;
    this.#takeDrop = takeDrop;
    this.#translate = translate;
    client.on('data', (chunk: Buffer) => this.#forward(chunk));
    server.on('data', (chunk: Buffer) => this.#answer(chunk));
    client.on('error', () => this.#clientGone()).on('close', () => this.#clientGone());
    server.on('error', () => this.destroy()).on('close', () => this.#serverClosed());
  }

  pause(): void {
    this.#client.pause();
    this.#server.pause();
  }

  /** Passes nothing on any more, in either direction, and closes neither side. */
  forget({ reads }: { reads: boolean }): void {
    this.#forgotten = true;
    if (reads) this.resume();
    else this.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#server.resume();
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  /** After `forget`, the server does not see that its client closes. */
  #clientGone(): void {
    if (!this.#forgotten) this.destroy();
  }

  #forward(chunk: Buffer): void {
    if (this.#dropped !== null || this.#forgotten) return;
    this.#dropped = this.#takeDrop(chunk);
    this.#server.write(chunk);
    // Redis still runs what it has read before the end of the stream. Then it closes, which shows that it has run.
    if (this.#dropped !== null) this.#server.end();
  }

  #serverClosed(): void {
    if (!this.#forgotten) this.destroy();
    this.#dropped?.();
  }

  #answer(chunk: Buffer): void {
    if (this.#dropped === null && !this.#forgotten) this.#client.write(this.#translate(chunk));
  }
}
