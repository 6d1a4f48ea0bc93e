import { createHash } from 'node:crypto';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { FetchError } from '../errors/fetch-error.ts';

export interface BodySinkOptions {
  /** The most bytes that are taken; one more fails the stream with `TOO_LARGE`. */
  maxBytes: number;
  /** The most bytes that are kept. A body that is larger is still counted and hashed, but not kept at all. */
  keepMaxBytes: number;
}

/** The end of a body's way: counts and hashes what comes, and keeps it when it is small enough. */
export class BodySink extends Writable {
  /** Bytes taken so far; never more than the limit. */
  bytes = 0;
  readonly #options: BodySinkOptions;
  readonly #hash = createHash('sha256');
  #kept: Buffer[] = [];

  constructor(options: BodySinkOptions) {
    super();
    this.#options = options;
  }

  /** Hex SHA-256 of all that came. To be called once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** The whole body, or null when it was larger than what is kept. */
  kept(): Buffer | null {
    return this.bytes <= this.#options.keepMaxBytes ? Buffer.concat(this.#kept) : null;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const { maxBytes, keepMaxBytes } = this.#options;
    if (this.bytes + chunk.length > maxBytes) {
      this.bytes = maxBytes;
      return done(bodyTooLarge(maxBytes));
    }
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    if (this.bytes <= keepMaxBytes) this.#kept.push(chunk);
    else this.#kept = [];
    done();
  }
}

export function bodyTooLarge(maxBytes: number): FetchError {
  return new FetchError('TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
}

/** Passes a stream on, and fails it with `TOO_LARGE` when more than `maxBytes` come. The error names `statedMaxBytes`. */
export class ByteLimit extends Transform {
  readonly #maxBytes: number;
  readonly #statedMaxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number, statedMaxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
    this.#statedMaxBytes = statedMaxBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) done(bodyTooLarge(this.#statedMaxBytes));
    else done(null, chunk);
  }
}
