import { execFile } from 'node:child_process';

/** Longer than any command of these tests takes on a busy machine. */
const LIMIT_MS = 240_000;

/**
 * Runs a command as a user would, and gives what it printed.
 *
 * @throws Error with all output when it fails.
 */
export function runCommand(
  cwd: string,
  command: readonly [program: string, ...args: string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const [program, ...args] = command;
  const options = {
    cwd,
    env: { ...usersEnv(), NO_COLOR: '1', ...env },
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command.join(' ')} failed:\n${stdout}${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}

/** This process's environment without what vitest and the package manager that runs it put there. */
function usersEnv(): NodeJS.ProcessEnv {
  const ours =
    /^(npm_(?!config_)|npm_config_user_agent|pnpm_|VITEST|FORCE_COLOR|NODE_ENV|NODE_OPTIONS|NODE_COMPILE_CACHE|TEST$|INIT_CWD)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
