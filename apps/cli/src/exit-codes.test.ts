import { readFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { ConfigError, JobIdInvalidError, QueueClosedError, RedisUnavailableError } from '@sluice/queue/contracts';
import { expect, it } from 'vitest';
import { NotFoundError, OutputFailedError, UsageError } from './cli-errors.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

it.each([
  ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
  ['a wrong option', new CommanderError(1, 'commander.unknownOption', ''), 2],
  ['a refused run', new UsageError('no'), 2],
  ['a wrong setting', new ConfigError(['no']), 2],
  ['an id that cannot be one', new JobIdInvalidError('it is empty'), 2],
  ['a queue that is not there', new NotFoundError('no'), 5],
  ['a sealed queue', new QueueClosedError('q', 'it is sealed'), 6],
  ['Redis away', new RedisUnavailableError('localhost'), 3],
  ['a full disk', new OutputFailedError('out', errno('ENOSPC')), 3],
  ['a reader that left', new OutputFailedError('standard output', errno('EPIPE')), 141],
  ['anything else', new TypeError('oops'), 3],
])('%s ends the command with its code', (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

it('docs/command-line.md lists the exit codes, no less and no more', async () => {
  const page = await readFile(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(exitCodes).toSorted((a, b) => a - b));
});
