import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** `sluice console` as a process of its own. */
export interface ConsoleCommand extends AsyncDisposable {
  /** Where its page is. */
  readonly url: string;
  /** Asks it to stop, as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it and waits until it listens. */
export async function startConsoleCommand(args: readonly string[]): Promise<ConsoleCommand> {
  const main = fileURLToPath(import.meta.resolve('@sluice/cli/main'));
  const child = spawn(process.execPath, ['-C', '@sluice/source', main, 'console', '--json', '--port', '0', ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child.stdout, 'data'), ended.then(() => [''])]);
  const { url } = JSON.parse(String(first[0])) as { url: string };
  return {
    url,
    async stop() {
      child.kill('SIGINT');
      await ended;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
