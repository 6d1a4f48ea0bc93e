import { createWriteStream } from 'node:fs';
import { OutputFailedError } from '../cli-errors.ts';
import type { ResultSink } from './result-sink.ts';

/** A pipe as a place for results. It waits for a slow reader and notices one that is gone. */
export class OutputPipe implements ResultSink {
  readonly #stream: NodeJS.WritableStream;
  readonly #name: string;

  constructor(stream: NodeJS.WritableStream, name = 'standard output') {
    this.#stream = stream;
    this.#name = name;
    // Write callbacks tell of errors; without a listener Node would end the process before they do.
    stream.on('error', () => undefined);
  }

  /** Opens a named pipe or another device. */
  static open(path: string): OutputPipe {
    return new OutputPipe(createWriteStream(path), path);
  }

  async write(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) reject(new OutputFailedError(this.#name, error));
        else resolve();
      });
    });
  }

  async finish(): Promise<void> {
    // Every write has been waited for.
  }

  async close(): Promise<void> {
    // Standard output belongs to the process, and a device needs no closing to have all that was written.
  }
}
