import { runCommand } from './run-command.ts';

/** A redis-server or valkey-server that can be started on this machine. */
export interface ServerProgram {
  readonly path: string;
  readonly source: 'path' | 'debian';
  /** What it needs in its environment: where its libraries are, when the system may not have them. */
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest server that has every command that the queue's scripts use. */
const oldest = { major: 6, minor: 2 };

/** True when the program runs and is new enough. */
export async function isUsable({ path, env }: ServerProgram): Promise<boolean> {
  const printed = await runCommand(path, ['--version'], { env, timeoutMs: 5_000 }).catch(() => '');
  const [, major, minor] = /\bv=(\d+)\.(\d+)/.exec(printed) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
}
