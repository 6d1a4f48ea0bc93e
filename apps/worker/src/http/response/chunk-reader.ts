import { FetchError } from '../errors/fetch-error.ts';
import { notHttp } from './read-head.ts';

const LF = 0x0a;
const CR = 0x0d;
/** More digits would not fit a number, and no body is that long. */
const SIZE_LINE = /^([0-9a-f]{1,13})[ \t]*(?:;[^]*)?$/i;
const LINE_MAX_BYTES = 16 * 1_024;

/**
 * Reads a chunked body whose lines end with LF or CRLF and may have blanks at their end, and writes it strictly: what came
 * at once as one chunk, without extensions and trailers.
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
    const data: Buffer[] = [];
    let rest = bytes;
    while (rest.length > 0 && !this.#done) {
      rest = this.#expects === 'data' ? this.#readData(rest, data) : this.#readLine(rest);
    }
    const size = data.reduce((sum, { length }) => sum + length, 0);
    if (size > 0) into.push(Buffer.from(`${size.toString(16)}\r\n`), ...data, Buffer.from('\r\n'));
    if (this.#done) into.push(Buffer.from('0\r\n\r\n'));
    return rest;
  }

  #readData(bytes: Buffer, into: Buffer[]): Buffer {
    const data = bytes.subarray(0, this.#left);
    into.push(data);
    this.#left -= data.length;
    if (this.#left === 0) this.#expects = 'end-of-data';
    return bytes.subarray(data.length);
  }

  #readLine(bytes: Buffer): Buffer {
    // Nearly every chunk ends so, and some bodies have nothing but small ones.
    if (this.#expects === 'end-of-data' && this.#line === '' && bytes[0] === CR && bytes[1] === LF) {
      this.#expects = 'size';
      return bytes.subarray(2);
    }
    const end = bytes.indexOf(LF);
    const part = end === -1 ? bytes : bytes.subarray(0, end);
    this.#keep(part);
    if (end === -1) return bytes.subarray(bytes.length);
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#take(line);
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

  #take(line: string): void {
    switch (this.#expects) {
      case 'size':
        return this.#takeSize(line);
      case 'end-of-data':
        this.#expects = 'size';
        return;
      case 'trailers':
        this.#done = line === '';
        return;
      case 'data':
        return;
      default:
        this.#expects satisfies never;
    }
  }

  #takeSize(line: string): void {
    const [, digits] = SIZE_LINE.exec(line) ?? [];
    if (digits === undefined) throw notHttp();
    this.#left = Number.parseInt(digits, 16);
    this.#expects = this.#left === 0 ? 'trailers' : 'data';
  }
}
