import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ClientGoneError, OverloadedError } from '../problems/request-errors.ts';
import { AnswerLimit } from './answer-limit.ts';

/** Whether a promise has been settled once all that is due has run. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

describe('the limit of answers', () => {
  it('lets as many bytes be taken as there are, and has the next one wait until they are given back', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    const first = await answers.take('a', 50);
    await answers.take('b', 50);
    const third = answers.take('c', 50);
    expect(await isOpen(third)).toBe(true);
    first.release();
    first.release();
    await third;
    expect(answers.bytes).toBe(100);
  });

  it('counts an answer with what it has once that is known', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    const first = await answers.take('a', 50);
    await answers.take('b', 50);
    const third = answers.take('c', 40);
    first.resize(11);
    expect(await isOpen(third)).toBe(true);
    first.resize(10);
    await third;
    expect(answers.bytes).toBe(100);
  });

  it('gives one client half of them, and others go ahead of it', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    const first = await answers.take('greedy', 50);
    const second = answers.take('greedy', 10);
    await answers.take('b', 40);
    await answers.take('c', 10);
    expect(await isOpen(second)).toBe(true);
    first.release();
    await second;
  });

  it('has an answer that is larger than the share of a client be its only one', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    await answers.take('a', 1_000);
    expect(answers.bytes).toBe(50);
  });

  it('refuses what waits for too long, and forgets it', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    const first = await answers.take('a', 50);
    await expect(answers.take('a', 50, { waitMs: 20 })).rejects.toThrow(OverloadedError);
    first.release();
    expect(answers.bytes).toBe(0);
  });

  it('has nobody wait whose client is gone', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    await answers.take('a', 50);
    const gone = new AbortController();
    const second = answers.take('a', 50, { signal: gone.signal });
    gone.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
  });

  it('keeps nothing for one that leaves in the turn in which its bytes become free', async () => {
    const answers = new AnswerLimit({ answersMaxBytes: 100 });
    const first = await answers.take('a', 50);
    const before = new AbortController();
    const leftBefore = answers.take('a', 50, { signal: before.signal });
    before.abort(new Error('gone'));
    first.release();
    await expect(leftBefore).rejects.toThrow('gone');
    expect(answers.bytes).toBe(0);

    const second = await answers.take('client c', 50);
    const raw = Object.assign(new EventEmitter(), { closed: false });
    const request = { raw: { socket: { destroyed: false } }, sluiceClient: 'c' } as unknown as FastifyRequest;
    const reply = { raw } as unknown as FastifyReply;
    const leftAfter = answers.enter(request, reply, { bytes: 50 });
    await new Promise(setImmediate);
    second.release();
    raw.emit('close');
    await expect(leftAfter).rejects.toThrow(ClientGoneError);
    expect([answers.bytes, reply.sluiceEnds]).toEqual([0, null]);
  });
});
