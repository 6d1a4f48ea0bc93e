import { FetchError } from '../fetch-error.ts';
import { notHttp } from './read-head.ts';

const LF = 0x0a;
const CR = 0x0d;
/** More digits would not fit a number, and no body is that long. */
const SIZE_LINE = /^([0-9a-f]{1,13})[ \t]*(?:;[^]*)?$/i;
const LINE_MAX_BYTES = 16 * 1_024;

/**
 * Reads a chunked body whose lines end with LF or CRLF and may have blanks at their end, and writes it strictly, without
 * extensions and trailers.
 */
export class ChunkReader {
  readonly #trailersMaxBytes: number;
  #expects: 'size' | 'data' | 'end-of-data' | 'trailers' = 'size';
  #left = 0;
  #line = '';
  #trailerBytes = 0;
  #done = false;

  constructor(trailersMaxBytes: number) {
    this.#trailersMaxBytes = trailersMaxBytes;
  }

  /** Whether the last chunk and the trailers have been read. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * @param into gets the strict form
   * @returns what follows the body; empty while it goes on
   * @throws FetchError `HTTP` for what is no chunk, `TOO_LARGE` for trailers without end
   */
  read(bytes: Buffer, into: Buffer[]): Buffer {
    let rest = bytes;
    while (rest.length > 0 && !this.#done) {
      rest = this.#expects === 'data' ? this.#readData(rest, into) : this.#readLine(rest, into);
    }
    return rest;
  }

  #readData(bytes: Buffer, into: Buffer[]): Buffer {
    const data = bytes.subarray(0, this.#left);
    into.push(data);
    this.#left -= data.length;
    if (this.#left === 0) this.#expects = 'end-of-data';
    return bytes.subarray(data.length);
  }

  #readLine(bytes: Buffer, into: Buffer[]): Buffer {
    const end = bytes.indexOf(LF);
    const part = end === -1 ? bytes : bytes.subarray(0, end);
    this.#keep(part);
    if (end === -1) return bytes.subarray(bytes.length);
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#take(line, into);
    return bytes.subarray(end + 1);
  }

  #keep(part: Buffer): void {
    // Nothing may stand between the data of a chunk and the end of its line.
    if (this.#expects === 'end-of-data' && part.some((byte) => byte !== CR)) throw notHttp();
    if (this.#expects === 'trailers') this.#trailerBytes += part.length + 1;
    if (this.#trailerBytes > this.#trailersMaxBytes) throw new FetchError('TOO_LARGE', 'the headers are too large');
    this.#line += part.toString('latin1');
    if (this.#line.length > LINE_MAX_BYTES) throw notHttp();
  }

  #take(line: string, into: Buffer[]): void {
    switch (this.#expects) {
      case 'size':
        return this.#takeSize(line, into);
      case 'end-of-data':
        into.push(Buffer.from('\r\n'));
        this.#expects = 'size';
        return;
      case 'trailers':
        if (line !== '') return;
        into.push(Buffer.from('\r\n'));
        this.#done = true;
        return;
      case 'data':
        return;
      default:
        this.#expects satisfies never;
    }
  }

  #takeSize(line: string, into: Buffer[]): void {
    const [, digits] = SIZE_LINE.exec(line) ?? [];
    if (digits === undefined) throw notHttp();
    this.#left = Number.parseInt(digits, 16);
    this.#expects = this.#left === 0 ? 'trailers' : 'data';
    into.push(Buffer.from(`${this.#left.toString(16)}\r\n`));
  }
}
