import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerDeadlines } from './answer-deadlines.ts';

const never = new Promise<string>(() => undefined);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 0 }));
afterEach(() => void vi.useRealTimers());

/** A deadline this many milliseconds from now. */
const inMs = (ms: number): number => performance.now() + ms;

/** What becomes of an answer, as it becomes of it. */
function watched(answer: Promise<string>): { came: string } {
  const watch = { came: 'nothing' };
  answer.then(
    (value) => (watch.came = value),
    (error: Error) => (watch.came = error.message),
  );
  return watch;
}

describe('AnswerDeadlines', () => {
  it('gives what the answer gives, also when it is an error', async () => {
    const deadlines = new AnswerDeadlines();
    expect(await deadlines.within(Promise.resolve('yes'), inMs(10))).toBe('yes');
    await expect(deadlines.within(Promise.reject(new Error('no')), inMs(10))).rejects.toThrow('no');
  });

  it('ends each wait at its own deadline, a shorter one that came later first', async () => {
    const deadlines = new AnswerDeadlines();
    const [long, short] = [watched(deadlines.within(never, inMs(50))), watched(deadlines.within(never, inMs(20)))];
    await vi.advanceTimersByTimeAsync(19);
    expect([long.came, short.came]).toEqual(['nothing', 'nothing']);
    await vi.advanceTimersByTimeAsync(1);
    expect([long.came, short.came]).toEqual(['nothing', 'no answer within 20 ms']);
    await vi.advanceTimersByTimeAsync(30);
    expect(long.came).toBe('no answer within 50 ms');
  });

  it('ends a wait that began while the timer of an earlier one ran', async () => {
    const deadlines = new AnswerDeadlines();
    await deadlines.within(Promise.resolve('yes'), inMs(50));
    await vi.advanceTimersByTimeAsync(30);
    const later = watched(deadlines.within(never, inMs(50)));
    await vi.advanceTimersByTimeAsync(49);
    expect(later.came).toBe('nothing');
    await vi.advanceTimersByTimeAsync(1);
    expect(later.came).toBe('no answer within 50 ms');
  });

  it('says that the call was sent', async () => {
    const late = new AnswerDeadlines().within(never, inMs(1));
    const refused = expect(late).rejects.toMatchObject({ name: 'RedisTimeoutError', sent: true });
    await vi.advanceTimersByTimeAsync(1);
    await refused;
  });

  it('hands on an answer that comes after its deadline, and none that came in time', async () => {
    const deadlines = new AnswerDeadlines();
    const late: string[] = [];
    const [slow, quick] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const first = watched(deadlines.within(slow.promise, inMs(10), (answer) => late.push(answer)));
    const second = watched(deadlines.within(quick.promise, inMs(10), (answer) => late.push(answer)));
    quick.resolve('in time');
    await vi.advanceTimersByTimeAsync(10);
    slow.resolve('too late');
    await vi.advanceTimersByTimeAsync(0);
    expect([first.came, second.came, late]).toEqual(['no answer within 10 ms', 'in time', ['too late']]);
  });

  it('loses none when others are answered and more are asked in between', async () => {
    const deadlines = new AnswerDeadlines();
    const calls: { answer: PromiseWithResolvers<string>; watch: { came: string } }[] = [];
    const ask = (): void => {
      const answer = Promise.withResolvers<string>();
      calls.push({ answer, watch: watched(deadlines.within(answer.promise, inMs(10))) });
    };
    const answer = async (at: number): Promise<void> => {
      calls[at]?.answer.resolve('answered');
      await vi.advanceTimersByTimeAsync(0);
    };
    for (let n = 0; n < 3; n += 1) ask();
    await answer(0);
    for (let n = 0; n < 2; n += 1) ask();
    await answer(2);
    await vi.advanceTimersByTimeAsync(10);
    const over = 'no answer within 10 ms';
    expect(calls.map(({ watch }) => watch.came)).toEqual(['answered', over, 'answered', over, over]);
  });

  it('sets one timer for all calls, and none for a call that is answered in time', async () => {
    const deadlines = new AnswerDeadlines();
    await deadlines.within(Promise.resolve('yes'), inMs(50));
    expect(vi.getTimerCount()).toBe(1);
    for (let call = 0; call < 10; call += 1) await deadlines.within(Promise.resolve('yes'), inMs(60));
    expect(vi.getTimerCount()).toBe(1);
  });

  it('takes an answer that was there in time, and lay unread while the event loop was blocked', async () => {
    vi.useRealTimers();
    // Comes as an answer in a socket does: by the event loop, after its timers.
    const answer = promisify(randomBytes)(8).then(() => 'yes');
    const came = new AnswerDeadlines().within(answer, performance.now() + 20);
    const until = performance.now() + 60;
    while (performance.now() < until);
    expect(await came).toBe('yes');
  });
});
