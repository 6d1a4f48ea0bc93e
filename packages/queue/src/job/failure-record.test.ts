import { describe, expect, it } from 'vitest';
import { JobTimeoutError } from './errors/index.ts';
import { recordFailure, stacksAsJson, truncateBytes } from './failure-record.ts';

describe('recordFailure', () => {
  it('keeps code and message of an error', () => {
    expect(recordFailure(new JobTimeoutError(3_000))).toMatchObject({
      code: 'SLUICE_JOB_TIMEOUT',
      message: 'Timeout after 3 seconds',
    });
    expect(recordFailure(Object.assign(new Error('gone'), { code: 'ECONNRESET' })).code).toBe('ECONNRESET');
  });

  it('gives ERROR where there is no code that a program could test', () => {
    for (const code of [undefined, 42, 'has spaces', 'x'.repeat(100)]) {
      expect(recordFailure(Object.assign(new Error('x'), { code })).code).toBe('ERROR');
    }
  });

  it.each([
    ['plain', 'plain'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ why: 'so' }, "{ why: 'so' }"],
    [new TypeError(''), 'TypeError'],
  ])('finds words for %o', (thrown, message) => {
    expect(recordFailure(thrown).message).toBe(message);
  });

  it('survives what cannot even be looked at', () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('do not touch');
      },
    });
    expect(recordFailure(hostile)).toMatchObject({ code: 'ERROR', stack: null });
  });

  it('cuts message and stack at their limits', () => {
    const failure = recordFailure(new Error('ü'.repeat(50_000)));
    expect(Buffer.byteLength(failure.message)).toBe(2_048);
    expect(Buffer.byteLength(failure.stack ?? '')).toBeLessThanOrEqual(8_192);
  });

  it('keeps the stack of the cause', () => {
    expect(recordFailure(new Error('outer', { cause: new Error('inner') })).stack).toContain('caused by Error: inner');
  });
});

describe('stacksAsJson', () => {
  it('drops the oldest when all together are too large, never the latest', () => {
    const [old, middle, latest] = ['a', 'b', 'c'].map((letter) => letter.repeat(3_000));
    expect(JSON.parse(stacksAsJson([old ?? '', middle ?? ''], latest ?? ''))).toEqual([middle, latest]);
    expect(JSON.parse(stacksAsJson([], 'x'.repeat(9_000)))).toHaveLength(1);
  });
});

describe('truncateBytes', () => {
  it('cuts no character in two', () => {
    expect(truncateBytes('aü', 2)).toBe('a');
    expect(truncateBytes('aü', 3)).toBe('aü');
  });
});
