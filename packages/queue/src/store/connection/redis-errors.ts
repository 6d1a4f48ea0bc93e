import { ReplyError } from 'ioredis';

/**
 * Replies of a server that did not execute the command and will soon be able to. ioredis sends a script again whose text
 * Redis has forgotten, but once only: two runs on one connection and two SCRIPT FLUSH defeat it.
 */
const NOT_READY = /^(NOSCRIPT|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|UNBLOCKED|NOREPLICAS)\b/;

/** A command that a cluster only ever sent elsewhere: no node has executed it. */
const SENT_ELSEWHERE = /^Too many Cluster redirections\. Last error: \w*: (MOVED|ASK|TRYAGAIN|CLUSTERDOWN)\b/;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** The connection broke with the command on its way: it may or may not have been executed. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof ReplyError || isUnsent(error)) return false;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(ECONNRESET|EPIPE|ECONNREFUSED|ETIMEDOUT|ENOENT|ECONNABORTED)$/.test(code)) return true;
  return /max retries per request|Connection is closed|Command timed out/.test(messageOf(error));
}

/** The command was refused before it was sent. */
function isUnsent(error: unknown): boolean {
  return /enableOfflineQueue/.test(messageOf(error));
}

/** Not executed, and worth asking again. */
export function isNotReady(error: unknown): boolean {
  if (isUnsent(error) || SENT_ELSEWHERE.test(messageOf(error))) return true;
  return error instanceof ReplyError && NOT_READY.test(messageOf(error));
}

/** Not executed, and the same if it was asked again. A server that can write nothing (a full disk) may be relieved of that. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ReplyError && !isNotReady(error) && !/^MISCONF\b/.test(messageOf(error));
}

/** Redis is so close to its `maxmemory` that it was not even asked. */
export class MemoryTight extends Error {
  constructor() {
    super('Redis is close to its maxmemory');
  }
}

/** Redis is at its `maxmemory` and refused a write, or close to it. Also of a client that is not ioredis, as BullMQ allows. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof MemoryTight || /\bOOM\b/.test(messageOf(error));
}

/**
 * Takes off an error of ioredis what may be a payload or a password: the arguments of its command, and an address that could
 * not be read; of its causes, too. The error stays the same object, so plain BullMQ users see what they would have seen.
 */
export function withoutArguments(error: unknown): unknown {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = innerError(each), depth += 1) {
    if ('command' in each && typeof each.command === 'object' && each.command !== null) {
      Object.assign(each.command, { args: [] });
    }
    if ('input' in each && 'code' in each && each.code === 'ERR_INVALID_URL') Object.assign(each, { input: '' });
  }
  return error;
}

/** The error of the last node that a cluster's client tried, or the cause. */
function innerError(error: Error): unknown {
  return 'lastNodeError' in error ? error.lastNodeError : error.cause;
}
