import { hideCredentials } from '@sluice/queue/logging';
import { readRedisAddress } from '@sluice/queue/redis-address';
import { withoutSecrets } from '../run/input/fetch-line.ts';

/** The command line that goes on with a run: the one that was given, but for `--restart`. Passwords are left out. */
export function shownCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const kept = args.filter((arg) => arg !== '--restart').map((arg, at, all) => withoutPassword(arg, all[at - 1]));
  return [launcher(env), ...kept.map(quoted)].join(' ');
}

/** How the command was started: through pnpm or, as works everywhere, through npm, which without -s prints a banner among the results. */
function launcher(env: Readonly<Record<string, string | undefined>>): string {
  return env['npm_config_user_agent']?.startsWith('pnpm') ? 'pnpm sluice' : 'npm run -s sluice --';
}

function withoutPassword(arg: string, before: string | undefined): string {
  if (arg.startsWith('--redis=')) return `--redis=${withoutPassword(arg.slice('--redis='.length), '--redis')}`;
  if (before !== '--redis') return arg;
  // What is no address may be a password that was misread.
  if (readRedisAddress(arg).problem !== undefined) return withoutSecrets(arg);
  return arg
    .trim()
    .split(/\s*,\s*(?=[a-z]+:\/\/)/i)
    .map(hideCredentials)
    .join(',');
}

/** Quoted for a shell where it must be. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
