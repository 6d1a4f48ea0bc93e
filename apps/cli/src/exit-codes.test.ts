import { CommanderError } from 'commander';
import { ConfigError, RedisUnavailableError } from '@sluice/queue/contracts';
import { expect, it } from 'vitest';
import { OutputFailedError, UsageError } from './cli-errors.ts';
import { exitCodeOf } from './exit-codes.ts';

const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

it.each([
  ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
  ['a wrong option', new CommanderError(1, 'commander.unknownOption', ''), 2],
  ['a refused run', new UsageError('no'), 2],
  ['a wrong setting', new ConfigError(['no']), 2],
  ['Redis away', new RedisUnavailableError('localhost'), 3],
  ['a full disk', new OutputFailedError('out', errno('ENOSPC')), 3],
  ['a reader that left', new OutputFailedError('standard output', errno('EPIPE')), 141],
  ['anything else', new TypeError('oops'), 3],
])('%s ends the command with its code', (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
