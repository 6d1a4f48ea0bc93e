/** A value of the Redis protocol, version 2. */
export type RespValue = Buffer | string | number | null | RespError | RespValue[];

/** An error reply; a value, because it arrives as one. */
export class RespError extends Error {}

const CR = 13;

/**
 * Reads values from bytes that arrive in pieces, or lie in a file.
 *
 * `read` gives the next whole value, or undefined when its end has not arrived; nothing is consumed then.
 */
export class RespReader {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#bytes = bytes;
  }

  /** How far the values that were read reach, in bytes from the start of what was not dropped. */
  get offset(): number {
    return this.#at;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  read(): RespValue | undefined {
    const start = this.#at;
    try {
      return this.#value();
    } catch (error) {
      this.#at = start;
      if (error === incomplete) return undefined;
      throw error;
    }
  }

  #value(): RespValue {
    const type = this.#bytes[this.#at];
    const line = this.#line();
    switch (type) {
      case 0x2b: // +
        return line;
      case 0x2d: // -
        return new RespError(line);
      case 0x3a: // :
        return Number(line);
      case 0x24: // $
        return this.#bulk(Number(line));
      case 0x2a: // *
        return this.#array(Number(line));
      default:
        throw new Error(`not the Redis protocol at byte ${this.#at}: ${JSON.stringify(line)}`);
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf('\r\n', this.#at);
    if (end < 0) throw incomplete;
    const line = this.#bytes.toString('latin1', this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(length: number): Buffer | null {
    if (length < 0) return null;
    const end = this.#at + length;
    if (this.#bytes.length < end + 2) throw incomplete;
    if (this.#bytes[end] !== CR) throw new Error(`a string of ${length} bytes does not end at byte ${end}`);
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end + 2;
    return value;
  }

  #array(length: number): RespValue[] | null {
    if (length < 0) return null;
    return Array.from({ length }, () => this.#value());
  }
}

// Thrown through the recursion and caught by `read`; never seen outside.
const incomplete = new Error('incomplete');

/** A command as bytes. */
export function encodeCommand(args: readonly (string | Buffer | number)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
