import { describe, expect, test } from 'vitest';
import { parseManifest } from './aof-files.ts';
import { readTransactions } from './read-transactions.ts';
import { encodeCommand, RespReader } from './resp.ts';

const log = (...commands: string[]): Buffer =>
  Buffer.concat(commands.map((command) => encodeCommand(command.split(' '))));
const shown = (bytes: Buffer): string[][] =>
  readTransactions(bytes).transactions.map(({ commands }) => commands.map((words) => words.join(' ')));

describe('readTransactions', () => {
  test('reads MULTI to EXEC as one transaction, and any other command as one', () => {
    expect(shown(log('SELECT 0', 'MULTI', 'LPUSH a 1', 'HSET b c d', 'EXEC', 'DEL a'))).toEqual([
      ['SELECT 0'],
      ['LPUSH a 1', 'HSET b c d'],
      ['DEL a'],
    ]);
  });

  test('gives the bytes of the commands without MULTI and EXEC', () => {
    const [transaction] = readTransactions(log('MULTI', 'LPUSH a 1', 'DEL a', 'EXEC')).transactions;
    expect(transaction?.bytes).toEqual(log('LPUSH a 1', 'DEL a'));
  });

  test('ignores a transaction without an end, wherever it is cut', () => {
    const whole = log('SET a 1');
    const both = Buffer.concat([whole, log('MULTI', 'LPUSH a 1', 'EXEC')]);
    for (let end = whole.length; end < both.length; end += 1) {
      const read = readTransactions(both.subarray(0, end));
      expect(read.transactions).toHaveLength(1);
      expect(read.tornBytes).toBe(end - whole.length);
    }
    expect(readTransactions(both)).toMatchObject({ transactions: [{}, {}], tornBytes: 0 });
  });

  test('keeps binary values, and values that look like the protocol', () => {
    const value = Buffer.from([0, 255, 13, 10, 42, 49, 13, 10]);
    const [transaction] = readTransactions(encodeCommand(['SET', '#TS:1\r\n', value])).transactions;
    expect(transaction?.commands[0]?.[2]).toEqual(value);
    expect(transaction?.commands[0]?.[1]).toEqual(Buffer.from('#TS:1\r\n'));
  });

  test('ignores timestamps between commands', () => {
    const bytes = Buffer.concat([Buffer.from('#TS:1700000000\r\n'), log('SET a 1'), Buffer.from('#TS:1700000001\r\n')]);
    expect(shown(bytes)).toEqual([['SET a 1']]);
  });

  test('refuses bytes that are not a log', () => {
    expect(() => readTransactions(Buffer.from('REDIS0011 and so on\r\n'))).toThrow('not the Redis protocol');
    expect(() => readTransactions(Buffer.from(':1\r\n'))).toThrow('begins no command');
  });
});

describe('RespReader', () => {
  const reply = Buffer.from('*3\r\n:7\r\n$-1\r\n*2\r\n+OK\r\n$3\r\na\r\n\r\n');

  test('reads nested values that arrive byte by byte', () => {
    const reader = new RespReader();
    for (const byte of reply.subarray(0, -1)) {
      reader.push(Buffer.from([byte]));
      expect(reader.read()).toBeUndefined();
    }
    reader.push(reply.subarray(-1));
    expect(reader.read()).toEqual([7, null, ['OK', Buffer.from('a\r\n')]]);
  });

  test('gives an error reply as a value', () => {
    expect(new RespReader(Buffer.from('-ERR no\r\n')).read()).toMatchObject({ message: 'ERR no' });
  });
});

describe('parseManifest', () => {
  test('reads base, history and increments', () => {
    const text = [
      'file appendonly.aof.2.base.rdb seq 2 type b',
      'file appendonly.aof.1.incr.aof seq 1 type h',
      'file appendonly.aof.2.incr.aof seq 2 type i',
      '',
    ].join('\n');
    expect(parseManifest(text).map(({ type, sequence }) => `${type}${sequence}`)).toEqual(['b2', 'h1', 'i2']);
  });

  test('refuses a line that it does not understand', () => {
    expect(() => parseManifest('file x')).toThrow('manifest');
  });
});
