import { findShortage } from '@sluice/local-redis';
import { OutputFailedError, ShortageError } from './cli-errors.ts';

interface Shortage {
  what: string;
  cure: string;
}

const SHORTAGES: Readonly<Record<string, Shortage>> = {
  EMFILE: { what: 'this process has no file descriptors left', cure: 'Raise their limit, as with "ulimit -n 4096"' },
  ENFILE: { what: 'this machine has no file descriptors left', cure: 'End what has many files open' },
  ENOMEM: { what: 'this machine has no memory left', cure: 'Free some, or use fewer --workers' },
  ENOBUFS: { what: 'this machine has no memory left for connections', cure: 'Free some, or use fewer --workers' },
  EAGAIN: {
    what: 'no more processes may be started',
    cure: 'Raise their limit, as with "ulimit -u 4096", or use fewer --workers',
  },
  ENOSPC: { what: 'the disk is full', cure: 'Free space' },
  EDQUOT: { what: 'the disk quota is used up', cure: 'Free space' },
};

/**
 * What an error says in words when this machine is short of something: it may come from any place that opens, starts or writes
 * anything. Any other error as it is.
 */
export function nameShortage(error: unknown): unknown {
  if (error instanceof OutputFailedError) return error; // names its file, and says so itself
  const shortage = findShortage(error);
  const known = SHORTAGES[shortage?.code ?? ''];
  if (shortage === null || known === undefined) return error;
  return new ShortageError(
    `${known.what} (${describeSystemError(shortage)}). ${known.cure}, and run the command again.`,
    {
      cause: error,
    },
  );
}

/** Such as `EMFILE, open urls.txt`. */
function describeSystemError({ code, syscall = '', path }: NodeJS.ErrnoException): string {
  const place = path === undefined || syscall.includes(path) ? syscall : `${syscall} ${path}`;
  return place === '' ? `${code}` : `${code}, ${place}`;
}
