import { FetchError } from '../errors/fetch-error.ts';
import { ChunkReader } from './chunk-reader.ts';
import { notHttp, readHead } from './read-head.ts';

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);
const START = 'http/';

type Part =
  /** No request is out. What comes then is for the client to see, which gives the connection up. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'head'; bytes: Buffer }
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunked'; readonly chunks: ChunkReader }
  | { readonly kind: 'until-close' };

/**
 * Turns what servers send into what a strict HTTP/1.1 client reads: heads and chunks as browsers take them, lengths as
 * RFC 9112 says, and no interim answers (1xx), which a client may ignore (RFC 9110 §15.2). Bodies pass through unchanged.
 */
export class ResponseReader {
  readonly #headersMaxBytes: number;
  #part: Part = { kind: 'idle' };
  /** Bytes of the interim answers to this request: there is no end of them with some servers. */
  #interimBytes = 0;

  constructor(headersMaxBytes: number) {
    this.#headersMaxBytes = headersMaxBytes;
  }

  /** Whether an answer has begun whose end only its framing shows: a connection that closes now has cut it off. */
  get isIncomplete(): boolean {
    return this.#part.kind === 'length' || this.#part.kind === 'chunked';
  }

  /** Whether the body ends where the connection does. */
  get endsWithConnection(): boolean {
    return this.#part.kind === 'until-close';
  }

  /** A request is out: what comes next is its answer. */
  expectAnswer(): void {
    if (this.#part.kind === 'idle') this.#part = { kind: 'head', bytes: NOTHING };
    this.#interimBytes = 0;
  }

  /**
   * @returns the bytes for the client, none while a head is not complete
   * @throws FetchError `HTTP` for what is no answer to the request, `TOO_LARGE` for a head without end
   */
  read(bytes: Buffer): Buffer[] {
    const into: Buffer[] = [];
    let rest = bytes;
    while (rest.length > 0) rest = this.#readPart(this.#part, rest, into);
    return into;
  }

  #readPart(part: Part, bytes: Buffer, into: Buffer[]): Buffer {
    switch (part.kind) {
      case 'head':
        return this.#readHead(part, bytes, into);
      case 'length':
        return this.#readLength(part, bytes, into);
      case 'chunked': {
        const rest = part.chunks.read(bytes, into);
        if (part.chunks.done) this.#part = { kind: 'idle' };
        return rest;
      }
      case 'idle':
      case 'until-close':
        into.push(bytes);
        return NOTHING;
      default:
        return part satisfies never;
    }
  }

  #readLength(part: Extract<Part, { kind: 'length' }>, bytes: Buffer, into: Buffer[]): Buffer {
    const body = bytes.subarray(0, part.left);
    into.push(body);
    part.left -= body.length;
    if (part.left === 0) this.#part = { kind: 'idle' };
    return bytes.subarray(body.length);
  }

  #readHead(part: Extract<Part, { kind: 'head' }>, bytes: Buffer, into: Buffer[]): Buffer {
    const seen = part.bytes.length;
    part.bytes = withoutBlankLines(seen === 0 ? bytes : Buffer.concat([part.bytes, bytes]));
    if (
      !part.bytes
        .subarray(0, START.length)
        .toString('latin1')
        .toLowerCase()
        .startsWith(START.slice(0, part.bytes.length))
    ) {
      throw notHttp();
    }
    const end = endOfHead(part.bytes, Math.max(0, seen - 2));
    if (this.#interimBytes + (end === -1 ? part.bytes.length : end) > this.#headersMaxBytes) {
      throw new FetchError('TOO_LARGE', 'the headers are too large');
    }
    if (end === -1) return NOTHING;
    this.#takeHead(part.bytes.subarray(0, end), into);
    return part.bytes.subarray(end);
  }

  #takeHead(bytes: Buffer, into: Buffer[]): void {
    const { status, framing, strict } = readHead(bytes.toString('latin1'));
    if (status === 101) throw new FetchError('HTTP', 'the answer is not one to this request');
    if (status < 200) {
      this.#interimBytes += bytes.length;
      this.#part = { kind: 'head', bytes: NOTHING };
      return;
    }
    into.push(strict);
    if (framing.kind === 'chunked') this.#part = { kind: 'chunked', chunks: new ChunkReader(this.#headersMaxBytes) };
    else if (framing.kind === 'until-close') this.#part = framing;
    else if (framing.kind === 'length' && framing.bytes > 0) this.#part = { kind: 'length', left: framing.bytes };
    else this.#part = { kind: 'idle' };
  }
}

/** Where the body begins; -1 while the empty line has not come. */
function endOfHead(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Some servers send a line too many after a body. */
function withoutBlankLines(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start += 1;
  return start === 0 ? bytes : bytes.subarray(start);
}
