import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CallerFunction, FunctionOption } from '../../store/connection/options/thread-options.ts';
import { withFunctions } from './caller-functions.ts';
import { openFunctionChannel } from '../shared/function-channel.ts';

type Given = Omit<FunctionOption, 'run'> & { run: (...args: never[]) => unknown };

/** What stands for one function of the caller's. Both ends of the line are in this thread, so only callbacks can be tried. */
function stubOf({ run, ...option }: Given): CallerFunction {
  const line = openFunctionChannel([{ ...option, run: run as CallerFunction }]);
  onTestFinished(() => line.port.close());
  const input = withFunctions({}, line) as object;
  return Reflect.get(input, option.path[0] ?? '') as CallerFunction;
}

const answerOf = (stub: CallerFunction, ...args: unknown[]): Promise<unknown[]> =>
  new Promise((resolve) => void stub(...args, (...answer: unknown[]) => resolve(answer)));

describe('a function of the caller’s, called from the lease thread', () => {
  it('answers by its callback, with all that it says', async () => {
    const run = (host: string, done: (error: null, address: string, family: number) => void): void =>
      done(null, `${host}.example`, 6);
    const stub = stubOf({ path: ['dnsLookup'], answers: 'callback', run });
    expect(await answerOf(stub, 'a')).toEqual([null, 'a.example', 6]);
  });

  it.each<[string, (host: string, done: (error: Error) => void) => void]>([
    ['reports', (_, done) => done(new Error('no such host'))],
    [
      'throws',
      () => {
        throw new Error('no such host');
      },
    ],
  ])('fails with what it %s', async (_, run) => {
    const stub = stubOf({ path: ['dnsLookup'], answers: 'callback', run });
    expect(await answerOf(stub, 'a')).toEqual([new Error('no such host')]);
  });

  it('is answered as the last time while it gives no answer, and fails where there was none', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation((run) => {
      queueMicrotask(run as () => void);
      return 0 as never;
    });
    onTestFinished(() => timers.mockRestore());
    const known = new Set<string>();
    const run = (host: string, done: (error: null, address: string) => void): void => {
      if (!known.has(host)) done(null, `of ${host}`);
      known.add(host);
    };
    timers.mockImplementationOnce(() => 0 as never);
    const stub = stubOf({ path: ['dnsLookup'], answers: 'callback', run });
    expect(await answerOf(stub, 'a')).toEqual([null, 'of a']);
    expect(await answerOf(stub, 'a')).toEqual([null, 'of a']);
    known.add('b');
    expect(await answerOf(stub, 'b')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('no answer') }),
    ]);
  });

  it('runs Node’s own in the thread itself', async () => {
    const run = (): void => expect.unreachable();
    const stub = stubOf({ path: ['dnsLookup'], answers: 'callback', builtIn: 'lookup', run });
    expect(await answerOf(stub, '127.0.0.1')).toEqual([null, '127.0.0.1', 4]);
  });
});
