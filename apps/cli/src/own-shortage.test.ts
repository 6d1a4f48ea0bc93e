import { describe, expect, it } from 'vitest';
import { OutputFailedError, ShortageError, UsageError, WorkersFailedError } from './cli-errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import { nameShortage } from './own-shortage.ts';

const systemError = (code: string, fields: Partial<NodeJS.ErrnoException> = {}): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: as the system puts it`), { code, ...fields });

describe('nameShortage', () => {
  it.each([
    [
      'EMFILE',
      'this process has no file descriptors left (EMFILE, open urls.txt). Raise their limit, as with "ulimit -n 4096"',
    ],
    ['ENFILE', 'this machine has no file descriptors left (ENFILE, open urls.txt). End what has many files open'],
    ['ENOMEM', 'this machine has no memory left (ENOMEM, open urls.txt). Free some, or use fewer --workers'],
    ['ENOSPC', 'the disk is full (ENOSPC, open urls.txt). Free space'],
    ['EDQUOT', 'the disk quota is used up (EDQUOT, open urls.txt). Free space'],
  ])('says what %s is, where it was met, and what to do', (code, words) => {
    const named = nameShortage(systemError(code, { syscall: 'open', path: 'urls.txt' }));
    expect(named).toBeInstanceOf(ShortageError);
    expect((named as Error).message).toBe(`${words}, and run the command again.`);
    expect(exitCodeOf(named)).toBe(3);
  });

  it('names the program of a process that cannot be started once', () => {
    const error = systemError('EAGAIN', { syscall: 'spawn /usr/bin/node', path: '/usr/bin/node' });
    expect(nameShortage(error)).toMatchObject({ message: expect.stringContaining('(EAGAIN, spawn /usr/bin/node)') });
  });

  it.each([
    new UsageError('out.ndjson cannot be written', { cause: systemError('EMFILE') }),
    new WorkersFailedError(6, 'spawn node EMFILE', [], { cause: systemError('EMFILE') }),
  ])('finds it behind $code, which says something else', (error) => {
    expect(nameShortage(error)).toMatchObject({ code: 'SLUICE_SHORTAGE', cause: error });
  });

  it.each([
    new OutputFailedError('out.ndjson', systemError('ENOSPC')),
    new UsageError('there is no file urls.txt', { cause: systemError('ENOENT') }),
    new TypeError('oops'),
    'not even an error',
  ])('leaves any other error as it is: $code', (error) => {
    expect(nameShortage(error)).toBe(error);
  });
});
