import { expect, it } from 'vitest';
import { UsageError } from '../../cli-errors.ts';
import { redisAddressOf } from './run-redis.ts';

it.each([
  ['redis://localhost', 'localhost:6379'],
  ['redis://me:s3cret@localhost:7000/3', 'localhost:7000/3'],
  ['rediss://:s3cret@r.example:6380/', 'r.example:6380'],
  ['unix:///tmp/x/redis.sock', '/tmp/x/redis.sock'],
  ['unix://:s3cret@/tmp/x/redis.sock?db=2', '/tmp/x/redis.sock?db=2'],
  ['redis://:s3cret@[::1]:7000,redis://b', '[::1]:7000,b:6379'],
])('names %s without its password', (url, address) => expect(redisAddressOf(url)).toBe(address));

it.each([
  'localhost:6379',
  'http://:s3cret@localhost',
  'redis://',
  '',
  'redis://:ab/s3cret@h',
  'redis://h/s3cret',
  'redis://s3cret%zz',
])('refuses %j without repeating it', (url) => {
  expect(() => redisAddressOf(url)).toThrow(UsageError);
  expect(() => redisAddressOf(url)).not.toThrow('s3cret');
});

it('says what must be percent-encoded', () => {
  expect(() => redisAddressOf('redis://:ab/s3cret@h')).toThrow(/^--redis cannot be read.*percent-encoded/);
});
