import { describe, expect, it } from 'vitest';
import { PermanentJobError, RetryLaterError } from '../../job/errors/index.ts';
import { fromThrownData, toThrownData } from './thrown-data.ts';

const pass = (thrown: unknown): unknown => fromThrownData(structuredClone(toThrownData(thrown)));

describe('what a handler threw', () => {
  it('arrives as the error that it was', () => {
    expect(pass(new PermanentJobError('no'))).toBeInstanceOf(PermanentJobError);
    expect(pass(new RetryLaterError({ delayMs: 5 }))).toMatchObject({ code: 'SLUICE_RETRY_LATER', delayMs: 5 });
    expect(pass('a text')).toBe('a text');
  });

  it('keeps its fields where it comes from another copy of the library, and nothing of other errors', () => {
    const later = Object.assign(new Error('later'), { code: 'SLUICE_RETRY_LATER', delayMs: 5 });
    expect(pass(later)).toMatchObject({ code: 'SLUICE_RETRY_LATER', delayMs: 5 });
    expect(pass(Object.assign(new Error('own'), { code: 'OWN', delayMs: 5 }))).not.toHaveProperty('delayMs');
  });
});
