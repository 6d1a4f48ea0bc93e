import { describe, expect, it } from 'vitest';
import { queryOf, readSearch } from './search-text.ts';

const now = 10_000_000;
const filterOf = (text: string): unknown => {
  const read = readSearch(text, now);
  return read.kind === 'filter' ? read.search : read;
};

describe('a search', () => {
  it('is a filter of all its fields', () => {
    expect(filterOf('job:email.send error:"is full" worker:w-3 code:X')).toEqual({
      job: 'email.send',
      error: 'is full',
      worker: 'w-3',
      code: 'X',
    });
    expect(filterOf('')).toEqual({});
    expect(filterOf('age>1h age<2d')).toEqual({ before: now - 3_600_000, since: now - 172_800_000 });
  });

  it('compares fields of the payload as what they are', () => {
    expect(filterOf('payload.to.domain=example.com payload.n=17 payload.ok:true payload.s="17"')).toEqual({
      payload: { 'to.domain': 'example.com', n: 17, ok: true, s: '17' },
    });
    // As a number it would be another one.
    expect(filterOf('payload.n=9007199254740993')).toEqual({ payload: { n: '9007199254740993' } });
  });

  it('is an id when it is one word', () => {
    expect(readSearch('order-17', now)).toEqual({ kind: 'id', id: 'order-17' });
    expect(readSearch('id:a:b', now)).toEqual({ kind: 'id', id: 'a:b' });
  });

  it.each(['jib:x', 'age>soon', 'age:1h', 'order-17 job:x'])('says what is wrong with %s', (text) => {
    expect(readSearch(text, now)).toMatchObject({ kind: 'wrong', why: expect.any(String) });
  });

  it('becomes the query of a list', () => {
    expect(queryOf({ job: 'a', since: 1.5, payload: { n: 1 } })).toEqual({ job: 'a', since: '2', payload: '{"n":1}' });
  });
});
