/** What a system says when a process or the whole machine has no more of something. */
const SHORTAGES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'ENOSPC', 'EDQUOT']);
const CAUSES_MAX = 5;

/**
 * The system error, among an error and its causes, that says that this machine is short of file descriptors, processes, memory or
 * disk space; null when none does. Another way to the same end would only meet the same shortage.
 */
export function findShortage(error: unknown): NodeJS.ErrnoException | null {
  let link: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && link instanceof Error; depth += 1) {
    if (isShortage(link)) return link;
    link = link.cause;
  }
  return null;
}

/** EAGAIN is one only of what starts processes: of a stream it says that nothing is there yet. */
function isShortage({ code, syscall }: NodeJS.ErrnoException): boolean {
  return SHORTAGES.has(code) || (code === 'EAGAIN' && syscall?.startsWith('spawn') === true);
}
