import { hideCredentials } from '@sluice/shared';

/** The command line that goes on with a run: the one that was given, but for `--restart`. Passwords are left out. */
export function shownCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const kept = args.filter((arg) => arg !== '--restart').map(withoutPassword);
  return [launcher(env), ...kept.map(quoted)].join(' ');
}

/** How the command was started: through pnpm or, as works everywhere, through npm. */
function launcher(env: Readonly<Record<string, string | undefined>>): string {
  return env['npm_config_user_agent']?.startsWith('pnpm') ? 'pnpm sluice' : 'npm run sluice --';
}

function withoutPassword(arg: string): string {
  const [, option = '', url] = /^(--redis=)?(rediss?:.*)$/.exec(arg) ?? [];
  return url === undefined ? arg : option + hideCredentials(url);
}

/** Quoted for a shell where it must be. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
