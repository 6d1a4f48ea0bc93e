import { describe, expect, it } from 'vitest';
import { JobIdInvalidError } from '../errors/index.ts';
import { parseJobId } from './job-id.ts';

describe('parseJobId', () => {
  it.each([
    ['one letter', 'a'],
    ['200 bytes', 'a'.repeat(200)],
    ['200 bytes in 50 emoji', '😀'.repeat(50)],
    ['digits only', '42'],
    ['a name of a key of BullMQ', 'wait'],
    ['colons, slashes and line ends', 'a:b/c\n'],
    ['a null character', '\0'],
  ])('takes %s as it is', (_, id) => {
    expect(parseJobId(id)).toBe(id);
  });

  it.each([
    ['nothing', '', 'it is empty'],
    ['201 bytes', 'a'.repeat(201), 'it has 201 bytes, more than the 200 that are allowed'],
    ['101 letters of two bytes', 'é'.repeat(101), 'it has 202 bytes'],
    ['a lone surrogate', 'a\ud83d', 'it holds a lone surrogate'],
    ['a number', 7, 'it must be a string, not number'],
  ])('refuses %s', (_, id, why) => {
    expect(() => parseJobId(id)).toThrow(JobIdInvalidError);
    expect(() => parseJobId(id)).toThrow(why);
  });
});
