import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { plainProblem, problemOf } from './problem-of.ts';
import type { ProblemAnswer } from './error-responses.ts';

/** The media type of every answer that is an error. */
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Answers with the problem behind an error, and logs it when it is a fault of ours or of Redis. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = problemOf(error);
  const { status, code } = answer.problem;
  if (status === 500) request.log.error({ err: error }, 'request failed');
  else if (status > 500)
    request.log.warn({ code, reason: error instanceof Error ? error.message : undefined }, 'request refused');
  return sendProblem(reply, request, answer);
}

/** Logs an error that is answered by the way, among others, if it is a fault of ours. @returns whether it is */
export function logFault(request: FastifyRequest, error: unknown): boolean {
  const isFault = problemOf(error).problem.status === 500;
  if (isFault) request.log.error({ err: error }, 'request failed');
  return isFault;
}

function sendProblem(
  reply: FastifyReply,
  request: FastifyRequest,
  { problem, headers = {} }: ProblemAnswer,
): FastifyReply {
  const text = JSON.stringify(problem);
  reply.code(problem.status).headers(headers).type(PROBLEM_TYPE);
  if (request.raw.complete !== false) return reply.send(text); // text, so that no serializer puts its own content type on it
  return reply.header('content-length', Buffer.byteLength(text)).send(Readable.from(thenDrained(text, request.raw)));
}

/**
 * The answer to a client that still sends: it gets it whole and at once, but the connection is not closed, and so not reset
 * under its hands, before the rest of the body has been read and thrown away.
 */
async function* thenDrained(text: string, request: IncomingMessage): AsyncGenerator<string> {
  yield text;
  request.resume();
  await finished(request, { writable: false }).catch(() => undefined);
}

/** What node's HTTP parser could not read never becomes a request; the answer is written to the socket by hand. */
export function rawProblem(status: number): string {
  const text = JSON.stringify(plainProblem(status));
  const { title } = plainProblem(status);
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  return [...head, 'connection: close', '', text].join('\r\n');
}
