import { Transform, type TransformCallback } from 'node:stream';
import { bodyTooLarge } from './body-sink.ts';

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
