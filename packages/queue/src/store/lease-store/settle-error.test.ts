import { describe, expect, it } from 'vitest';
import { settleError } from './settle-error.ts';

describe("what BullMQ's scripts answer to a settle", () => {
  it.each([
    ['the job is gone', -1, 'SLUICE_LEASE_LOST'],
    ['the lock is gone', -2, 'SLUICE_LEASE_LOST'],
    ['the job is not active', -3, 'SLUICE_LEASE_LOST'],
    ['the lock is another one', -6, 'SLUICE_LEASE_LOST'],
    ['children are unfinished', -4, 'SLUICE_COMPLETION_REFUSED'],
    ['a child failed', -9, 'SLUICE_COMPLETION_REFUSED'],
  ])('means, when %s, %i: %s', (_, code, expected) => {
    const cause = Object.assign(new Error('refused'), { code });
    expect(settleError('a', cause)).toMatchObject({ code: expected, cause });
  });

  it('passes everything else through, so that it is tried again', () => {
    for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'odd']) {
      expect(settleError('a', error)).toBe(error);
    }
  });
});
