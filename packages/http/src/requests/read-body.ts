import type { IncomingMessage } from 'node:http';
import { findInexactNumbers } from '@sluice/queue/json';
import type { SchemaIssue } from '@sluice/queue/contracts';
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify';
import { BodyInvalidError, ClientGoneError, HttpRefusal } from '../problems/request-errors.ts';
import type { RequestLoad } from './load-limit.ts';

/** A body of lines, which its route reads as they come. */
export class LinesBody {
  readonly stream: IncomingMessage;

  constructor(stream: IncomingMessage) {
    this.stream = stream;
  }
}

/** Reads the bytes of a JSON text, or says what is wrong with it. */
export type ReadJson = (request: FastifyRequest, bytes: Buffer) => unknown;

/**
 * Reads bodies of JSON so that what is put is what was sent: bytes that are no UTF-8, a number that would be rounded, and a key that
 * stands for an object's prototype are refused, the latter with their places. All else is as the framework reads it.
 *
 * @returns the same for a part of a body
 */
export function readBodiesExactly(app: FastifyInstance, maxBytes: number): ReadJson {
  const read = jsonReader(app.getDefaultJsonParser('error', 'error'));
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', (request: FastifyRequest, body: IncomingMessage, done) => {
    refuseEncodings(body);
    const { bodyMaxBytes = maxBytes } = request.routeOptions.config.sluice ?? {};
    receiveBody(body, { maxBytes: bodyMaxBytes, load: request.sluiceLoad }, (error, bytes) => {
      const result = bytes ? attempt(() => read(request, bytes)) : { error };
      if ('value' in result) done(null, result.value);
      else done(result.error as Error);
    });
  });
  app.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, body: IncomingMessage) => {
    if (!request.routeOptions.config.sluice?.takesLines) throw new HttpRefusal(415, 'lines are not taken here');
    refuseEncodings(body);
    return new LinesBody(body);
  });
  return read;
}

function jsonReader(parse: FastifyBodyParser<string>): ReadJson {
  return (request, bytes) => {
    const text = decode(bytes);
    let result: { error: Error | null; value: unknown } | undefined;
    // It answers at once. An error that is thrown in here would be taken for one of the text.
    void parse(request, text, (error, value: unknown) => {
      result = { error, value };
    });
    const issues = result?.error ? forbiddenKeys(text) : inexactNumbers(text);
    if (issues.length > 0) throw new BodyInvalidError(issues);
    if (result?.error) throw result.error;
    return result?.value;
  };
}

type Attempt = { readonly value: unknown } | { readonly error: unknown };

function attempt(read: () => unknown): Attempt {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
}

function refuseEncodings({ headers }: IncomingMessage): void {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return;
  throw new HttpRefusal(415, 'a body must come without Content-Encoding', { 'accept-encoding': 'identity' });
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Replacing what cannot be decoded would make two different ids one. */
function decode(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw new HttpRefusal(400, 'the body is no UTF-8');
  }
}

function inexactNumbers(text: string): SchemaIssue[] {
  try {
    return findInexactNumbers(text);
  } catch {
    return [{ path: [], message: 'nests too deep' }];
  }
}

/** Where the keys are that the framework refuses; none when it refused the text because it is no JSON. */
function forbiddenKeys(text: string): SchemaIssue[] {
  try {
    return [...findForbidden(JSON.parse(text), [])];
  } catch {
    return [];
  }
}

function* findForbidden(value: unknown, path: SchemaIssue['path']): Generator<SchemaIssue> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (isForbidden(key, member)) yield { path: place, message: 'is a key that no payload may have' };
    else yield* findForbidden(member, place);
  }
}

function isForbidden(key: string, member: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
}

interface BodyLimits {
  readonly maxBytes: number;
  readonly load: RequestLoad | undefined;
}

/**
 * Calls back with the whole body, or with why it is refused: HttpRefusal 413, OverloadedError, or ClientGoneError when the connection
 * ends first. Once it is refused nothing is kept of what still comes. No promise, and listeners that stay: each costs every request.
 */
function receiveBody(
  body: IncomingMessage,
  { maxBytes, load }: BodyLimits,
  onOver: (error: unknown, bytes?: Buffer) => void,
): void {
  if (Number(body.headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
  let chunks: Buffer[] | undefined = [];
  let bytes = 0;
  // The request lives until its answer: nothing that it still refers to may hold the body that long.
  const refuse = (error: unknown): void => {
    if (!chunks) return;
    chunks = undefined;
    onOver(error);
  };
  const onData = (chunk: Buffer): void => {
    if (!chunks) return;
    bytes += chunk.length;
    try {
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      load?.addBytes(chunk.length);
      chunks.push(chunk);
    } catch (error) {
      refuse(error);
    }
  };
  const onEnd = (): void => {
    if (!chunks) return;
    const [first, ...others] = chunks;
    const whole = first && others.length === 0 ? first : Buffer.concat(chunks, bytes);
    chunks = undefined;
    onOver(undefined, whole);
  };
  body.on('data', onData).on('end', onEnd).on('error', ignore);
  body.on('close', () => {
    if (chunks) refuse(new ClientGoneError());
  });
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(413, `a body may have ${maxBytes} bytes`);
}

/** The end of a broken connection shows what becomes of it. */
function ignore(): void {}
