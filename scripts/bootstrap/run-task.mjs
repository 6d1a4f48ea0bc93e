import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.mjs';
import { say } from './say.mjs';
import { toolchainEnv } from './toolchain-env.mjs';

/**
 * Runs the task and ends with its exit code, or by its signal.
 *
 * @param {import('./tasks.mjs').Task} task
 * @param {string[]} args
 * @param {import('./find-toolchain.mjs').Toolchain} toolchain
 */
export function runTask({ flags, script, args: fixed, where }, args, toolchain) {
  const child = spawn(toolchain.node, [...flags, join(root, script), ...fixed, ...args], {
    cwd: where === 'caller' ? callersFolder() : root,
    env: toolchainEnv(toolchain),
    stdio: 'inherit',
  });
  passSignals(child);
  child.on('error', (error) => {
    say(`${toolchain.node} does not run: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}

/**
 * The terminal sends Ctrl-C to the task, too. Passing it on would send it twice, and the second one means
 * "stop at once". Without a terminal only this process got the signal.
 */
function passSignals(child) {
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (name !== 'SIGINT' || !atTerminal) child.kill(name);
    });
  }
}

/** npm and pnpm run scripts at the root and keep the folder of the caller in INIT_CWD. */
function callersFolder() {
  const isOurScript = process.env.npm_lifecycle_event !== undefined && process.cwd() === root;
  return (isOurScript && process.env.INIT_CWD) || process.cwd();
}
