import type { FastifyReply } from 'fastify';

/** Called once a request is over. @param isAnswered whether the whole answer went out; else its client was gone before */
export type OnRequestEnd = (isAnswered: boolean) => void;

declare module 'fastify' {
  interface FastifyReply {
    /** What is called when the request is over; null once it is. */
    sluiceEnds: OnRequestEnd[] | null | undefined;
  }
}

/**
 * Calls back once, when the answer is complete or its client is gone, in the order of these calls; at once when that was before. All
 * that a request takes is given back here: a pair of listeners for each of those would cost every request more than what they do.
 */
export function whenOver(reply: FastifyReply, onEnd: OnRequestEnd): void {
  if (reply.sluiceEnds) reply.sluiceEnds.push(onEnd);
  else if (reply.sluiceEnds === undefined) listen(reply, onEnd);
  else onEnd(reply.raw.writableFinished);
}

function listen(reply: FastifyReply, first: OnRequestEnd): void {
  reply.sluiceEnds = [first];
  const end = (isAnswered: boolean): void => {
    const ends = reply.sluiceEnds;
    reply.sluiceEnds = null;
    for (const onEnd of ends ?? []) onEnd(isAnswered);
  };
  reply.raw.on('finish', () => end(true)).on('close', () => end(false));
}
