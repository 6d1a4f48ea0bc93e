import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { expect, it } from 'vitest';
import { whenOver } from './request-end.ts';

/** A reply whose response emits what a test says. */
function aReply(): { reply: FastifyReply; raw: EventEmitter & { writableFinished: boolean } } {
  const raw = Object.assign(new EventEmitter(), { writableFinished: false });
  return { reply: { raw } as unknown as FastifyReply, raw };
}

it('calls all back once and in their order when the answer is complete', () => {
  const { reply, raw } = aReply();
  const calls: string[] = [];
  whenOver(reply, (isAnswered) => calls.push(`first ${isAnswered}`));
  whenOver(reply, (isAnswered) => calls.push(`second ${isAnswered}`));
  expect(raw.listenerCount('close')).toBe(1);
  raw.emit('finish');
  raw.emit('close');
  expect(calls).toEqual(['first true', 'second true']);
});

it('says that there was no answer when the connection ends before it, also when that is said twice', () => {
  const { reply, raw } = aReply();
  const calls: boolean[] = [];
  whenOver(reply, (isAnswered) => calls.push(isAnswered));
  raw.emit('close');
  raw.emit('close');
  expect(calls).toEqual([false]);
});

it('gives back at once what is taken for a request that is over', () => {
  const { reply, raw } = aReply();
  whenOver(reply, () => undefined);
  raw.emit('close');
  const calls: boolean[] = [];
  whenOver(reply, (isAnswered) => calls.push(isAnswered));
  expect(calls).toEqual([false]);
});

it('calls the others back as well when one adds another meanwhile', () => {
  const { reply, raw } = aReply();
  const calls: string[] = [];
  whenOver(reply, () => whenOver(reply, () => calls.push('added')));
  whenOver(reply, () => calls.push('second'));
  raw.emit('close');
  expect(calls).toEqual(['added', 'second']);
});
