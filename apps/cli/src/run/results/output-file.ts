import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { OutputFailedError, UsageError } from '../../cli-errors.ts';
import { readEarlierResults, type EarlierResult } from './earlier-results.ts';
import type { ResultSink } from './result-sink.ts';

/** The NDJSON file of a run. Whatever happens to a write, the file ends with a complete line. */
export class OutputFile implements ResultSink {
  readonly #name: string;
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(name: string, file: FileHandle) {
    this.#name = name;
    this.#file = file;
  }

  /**
   * Opens the file, or makes it. `empty` drops what is in it.
   *
   * @throws UsageError when it cannot be opened.
   */
  static async open(path: string, { empty = false }: { empty?: boolean } = {}): Promise<OutputFile> {
    const flags = constants.O_RDWR | constants.O_CREAT | (empty ? constants.O_TRUNC : 0);
    try {
      return new OutputFile(path, await open(path, flags));
    } catch (error) {
      throw new UsageError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * Reads the results that are there and cuts off a torn last line. To be called before the first write.
   *
   * @throws UsageError when the file holds anything else.
   */
  async takeUp(each: (result: EarlierResult) => void): Promise<void> {
    const { endOfLastLine } = await readEarlierResults(this.#file, this.#name, each);
    await this.#file.truncate(endOfLastLine);
    this.#bytes = endOfLastLine;
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      let written = 0;
      while (written < bytes.length) {
        const step = await this.#file.write(bytes, written, bytes.length - written, this.#bytes + written);
        written += step.bytesWritten;
      }
      this.#bytes += bytes.length;
    } catch (error) {
      // Half a line may be there: the next run would cut it off, but a reader should not have to know that.
      await this.#file.truncate(this.#bytes).catch(() => undefined);
      throw new OutputFailedError(this.#name, error as NodeJS.ErrnoException);
    }
  }

  async finish(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw new OutputFailedError(this.#name, error as NodeJS.ErrnoException);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
