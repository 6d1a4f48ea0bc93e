import { OutputFailedError } from '../cli-errors.ts';

/** Standard output, written in order. Nothing is lost when the process ends behind a write that was awaited. */
export class Output {
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on('error', () => undefined); // the write that failed reports it
  }

  /** @throws OutputFailedError when it cannot be written; its reader may be gone, as with `| head` */
  async write(text: string): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#stream.write(text, (error) => {
      if (error) written.reject(new OutputFailedError('standard output', error));
      else written.resolve();
    });
    await written.promise;
  }

  async lines(lines: readonly string[]): Promise<void> {
    await this.write(lines.map((line) => `${line}\n`).join(''));
  }
}
