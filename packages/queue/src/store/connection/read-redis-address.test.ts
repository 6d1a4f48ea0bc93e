import { describe, expect, it } from 'vitest';
import { readRedisAddress, shownRedisServer } from './read-redis-address.ts';

describe('an address of Redis', () => {
  it.each([
    ['redis://host', { host: 'host', port: 6_379, tls: false }],
    [
      '  rediss://ann:p%40ss@host:7000/2 ',
      { host: 'host', port: 7_000, username: 'ann', password: 'p@ss', tls: true, db: 2 },
    ],
    ['redis://host/?db=3&family=6', { host: 'host', port: 6_379, tls: false, db: 3, family: 6 }],
    ['redis://:x@[::1]:7/0', { host: '::1', port: 7, password: 'x', tls: false, db: 0 }],
    ['unix:///run/redis.sock', { path: '/run/redis.sock', tls: false }],
    [
      'unix://ann:p%2Fw@/run/a@b.sock?db=3',
      { path: '/run/a@b.sock', username: 'ann', password: 'p/w', tls: false, db: 3 },
    ],
    ['unix:///run/my%20redis.sock', { path: '/run/my redis.sock', tls: false }],
  ])('is read: %s', (text, server) => {
    expect(readRedisAddress(text)).toEqual({ servers: [server] });
  });

  it.each([
    ['redis://a:1,redis://b:2', ['a:1', 'b:2']],
    ['redis://[::1]:1 , rediss://b', ['[::1]:1', 'b:6379']],
    ['redis://:s,3,x@a:1, redis://b:2/0', ['a:1', 'b:2/0']],
  ])('names several servers: %s', (text, shown) => {
    expect(readRedisAddress(text).servers?.map(shownRedisServer)).toEqual(shown);
  });

  it.each(['s,3cret,x', 'p@s3cret', 'p:s3cret', 'two s3cret', 'pläs3cret', 's3cret+e=', '&;=$!*(s3cret)'])(
    'may hold the password %s as it is',
    (password) => {
      expect(readRedisAddress(`redis://:${password}@host:1`).servers?.[0].password).toBe(password);
    },
  );

  const passwords = ['50%off', 'ab/cd', '1/2', 'h#s', '1#s', 'q?s', '1?s', 'tab\ts', '%zz', 'a,redis://b', '12/?db=1'];

  it.each(passwords)('with the raw password %s is refused, and says what to do', (password) => {
    const { problem } = readRedisAddress(`redis://ann:${password}@host:1/3`);
    expect(problem).toMatch(/percent-encoded/);
    expect(readRedisAddress(`redis://ann:${encodeURIComponent(password)}@host:1/3`).servers?.[0]).toMatchObject({
      password,
      db: 3,
    });
  });

  it.each([
    'http://:s3cret@host',
    'host:6379',
    '/run/redis.sock',
    '',
    'redis://',
    'redis://:s3cret@',
    'redis:///3',
    'redis://h/s3cret',
    'redis://h/-1',
    'redis://h/1.5',
    'redis://h/1/2',
    'redis://h/1?db=2',
    'redis://h?password=s3cret',
    'redis://h?family=5',
    'redis://h#s3cret',
    'redis://%zz',
    'redis://s3cret%zz:6379',
    'redis://h,%zz',
    'redis://a,b:1',
    'redis://h:99999',
    'redis://a:1,b:2',
    'redis://a:1,redis://b:2/3',
    'redis://a:1,unix:///run/redis.sock',
    'redis://a:1,http://s3cret',
    'unix://run/redis.sock',
    'unix://:pa/s3cret@/run/redis.sock',
    'unix:///run/redis.sock?password=s3cret',
    'unix:///',
  ])('is refused, and its problem repeats nothing of it: %s', (text) => {
    const { problem } = readRedisAddress(text);
    expect(problem).toMatch(/^(must|may|cannot) /);
    expect(problem).not.toContain('s3cret');
  });

  it('is shown without its user and password', () => {
    const shown = (text: string): string[] | undefined => readRedisAddress(text).servers?.map(shownRedisServer);
    expect(shown('redis://ann:s3cret@host/2')).toEqual(['host:6379/2']);
    expect(shown('unix://:s3cret@/run/redis.sock?db=2')).toEqual(['/run/redis.sock?db=2']);
  });
});
