import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { isConnectionLoss, isNotReady, isRefusal } from './redis-errors.ts';

const reply = (message: string): Error => new ReplyError(message);

describe('what an error says of its command', () => {
  it.each([
    ['refused by a node that is not ready', reply('CLUSTERDOWN The cluster is down')],
    ['refused for want of replicas', reply('NOREPLICAS Not enough good replicas to write.')],
    ['blocked, and let go by a failover', reply('UNBLOCKED force unblock from blocking operation')],
    ['never sent', new Error("Cluster isn't ready and enableOfflineQueue options is false")],
    ['only sent elsewhere', new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1')],
  ])('not executed: %s', (_, error) => {
    expect(isNotReady(error)).toBe(true);
    expect(isConnectionLoss(error)).toBe(false);
  });

  it.each([
    ['the connection to its node broke', new Error('Connection is closed.')],
    [
      'the same after redirections',
      new Error('Too many Cluster redirections. Last error: Error: Connection is closed.'),
    ],
  ])('perhaps executed: %s', (_, error) => {
    expect(isConnectionLoss(error)).toBe(true);
    expect(isNotReady(error)).toBe(false);
  });

  it.each([
    [true, 'it is the same next time', reply('WRONGTYPE Operation against a key holding the wrong kind of value')],
    [false, 'a node becomes ready', reply('LOADING Redis is loading the dataset in memory')],
    [false, 'a full disk becomes emptier', reply('MISCONF Errors writing to the AOF file: No space left on device')],
    [false, 'the connection broke', new Error('Connection is closed.')],
  ])('a refusal (%s): %s', (expected, _, error) => {
    expect(isRefusal(error)).toBe(expected);
  });

  it('no reply of Redis is a loss', () => {
    expect(isConnectionLoss(reply('ERR Connection is closed'))).toBe(false);
    expect(isNotReady(reply('ERR unknown command'))).toBe(false);
  });
});
