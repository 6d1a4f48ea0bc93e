import type { FastifyReply, FastifyRequest } from 'fastify';
import { plainProblem, problemOf } from './problem-of.ts';
import type { ProblemAnswer } from './problem.ts';

/** The media type of every answer that is an error. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Answers with the problem behind an error, and logs it when it is a fault of ours or of Redis. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = problemOf(error);
  const { status, code } = answer.problem;
  if (status === 500) request.log.error({ err: error }, 'request failed');
  else if (status > 500)
    request.log.warn({ code, reason: error instanceof Error ? error.message : undefined }, 'request refused');
  return sendProblem(reply, answer);
}

/** No route has this method and path. */
export function sendNoRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, {
    problem: plainProblem(404, `there is no ${request.method} on this path`),
  });
}

function sendProblem(reply: FastifyReply, { problem, retryAfterSeconds }: ProblemAnswer): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  // Sent as text, so that no serializer puts its own content type on it.
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
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
