import { describe, expect, it } from 'vitest';
import { DefinitionError } from '../../job/errors/index.ts';
import { hashTag, refuseSeveralSlots } from './admission-refusal.ts';

describe('hashTag', () => {
  it.each([
    ['bull:{mail}:wait', 'mail'],
    ['{bull}:mail:wait', 'bull'],
    ['{a}:{b}:wait', 'a'],
    ['bull:mail:wait', null],
    ['bull:{}:wait', null],
    ['bull:{}{mail}:wait', null],
    ['bull:}{mail}:wait', 'mail'],
    ['bull:{mail', null],
  ])('of %s is %s, as Redis has it', (key, tag) => {
    expect(hashTag(key)).toBe(tag);
  });
});

describe('refuseSeveralSlots', () => {
  it('lets pass what lies on one node', () => {
    expect(() => refuseSeveralSlots(['{bull}:a:', '{bull}:b:', '{bull}:b:parent'])).not.toThrow();
  });

  it('names the tags that differ', () => {
    expect(() => refuseSeveralSlots(['bull:{a}:', 'bull:{b}:'])).toThrow(DefinitionError);
    expect(() => refuseSeveralSlots(['bull:{a}:', 'bull:{b}:'])).toThrow('not {a}, {b}');
  });

  it('refuses a queue that is spread over the nodes', () => {
    expect(() => refuseSeveralSlots(['bull:mail:'])).toThrow('needs a hash tag');
  });
});
