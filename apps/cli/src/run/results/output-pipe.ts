import { createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import { OutputFailedError, UsageError } from '../../cli-errors.ts';
import { dropDescriptor, openPipeForWriting } from '../streams/named-pipe.ts';
import type { StreamTarget } from './output-target.ts';
import type { ResultSink } from './result-sink.ts';

/** A pipe, a terminal or another stream as a place for results. It waits for a slow reader and notices one that is gone. */
export class OutputPipe implements ResultSink {
  readonly #stream: NodeJS.WritableStream;
  readonly #name: string;

  constructor(stream: NodeJS.WritableStream, name = 'standard output') {
    this.#stream = stream;
    this.#name = name;
    // Write callbacks report errors; without a listener Node would end the process before they do.
    stream.on('error', () => undefined);
  }

  /**
   * Opens a named pipe, a device, or what a descriptor of this process is open on.
   *
   * @throws UsageError when it cannot be opened; AbortError when the signal is aborted while it waits for a reader.
   */
  static async open(
    { path, fd, holds }: StreamTarget,
    { signal, note }: { signal: AbortSignal; note: (line: string) => void },
  ): Promise<OutputPipe> {
    try {
      switch (holds) {
        case 'pipe': {
          const pipe = await openPipeForWriting(path, signal, () => note(`waiting for a reader of ${path}`));
          dropDescriptor(fd);
          return new OutputPipe(pipe, path);
        }
        case 'socket':
          return new OutputPipe(new Socket({ fd, readable: false, writable: true }), path);
        case 'file':
        case 'device':
          return new OutputPipe(createWriteStream(path, fd === undefined ? {} : { fd, autoClose: false }), path);
        default:
          return holds satisfies never;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      throw new UsageError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
    }
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
