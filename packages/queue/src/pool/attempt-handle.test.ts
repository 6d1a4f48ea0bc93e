import { createLogger } from '@sluice/shared';
import { describe, expect, it, vi } from 'vitest';
import { type AttemptHandle, openAttempt } from './attempt-handle.ts';
import { AttemptWords } from './attempt-words.ts';

const { signal } = new AbortController();
const makeLog = vi.fn(() => createLogger({ name: 'test', level: 'silent' }));

function open(): AttemptHandle {
  const words = new AttemptWords({ id: 'a', run: { say: () => true }, extend: async (ms) => ms });
  const fields = { id: 'a', payload: { n: 1 }, attempt: 1, maxAttempts: 3, fence: 7, signal, deadline: 1_000 };
  return openAttempt(fields, { log: makeLog, save: async () => undefined, words });
}

describe('what a handler gets', () => {
  it('is whole when it is copied, or taken apart with a rest', async () => {
    const { attempt } = open();
    const { payload, ...rest } = attempt;
    const copy = { ...attempt };
    expect(payload).toEqual({ n: 1 });
    expect(copy).toMatchObject({ id: 'a', payload: { n: 1 }, attempt: 1, maxAttempts: 3, fence: 7, deadline: 1_000 });
    for (const part of [rest, copy]) {
      expect(part.signal).toBe(signal);
      expect(part.log).toBe(attempt.log);
      await expect(part.progress(1)).resolves.toBeUndefined();
      await expect(part.extend(5)).resolves.toBe(5);
    }
    expect(Object.keys(rest).toSorted()).toEqual(
      'ack attempt deadline extend fence id log maxAttempts nack progress signal term'.split(' '),
    );
  });

  it('has its log made when somebody looks at it, and once', () => {
    makeLog.mockClear();
    const { attempt } = open();
    expect(makeLog).not.toHaveBeenCalled();
    const { log } = attempt;
    expect(attempt.log).toBe(log);
    expect(makeLog).toHaveBeenCalledOnce();
  });
});
