import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { descendantsOf, type RunningProcess } from './process-tree.ts';

const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

export interface CommandEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The `sluice` command, run from its sources. */
export class SluiceCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CommandEnd>;
  stdout = '';
  stderr = '';

  /** `descriptors`: the most files, pipes and connections that the command may have open. */
  constructor(args: readonly string[], { descriptors }: { descriptors?: number } = {}) {
    const command = [process.execPath, '-C', '@sluice/source', main, ...args];
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
    // A session of its own, so that a signal to its group is what Ctrl-C in a terminal is.
    this.child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
      detached: true,
      // What started the tests is not what started the command.
      env: { ...process.env, npm_config_user_agent: 'npm' },
    });
    this.child.stdout.on('data', (chunk) => (this.stdout += String(chunk)));
    this.child.stderr.on('data', (chunk) => (this.stderr += String(chunk)));
    this.child.stdin.on('error', () => undefined);
    this.ended = once(this.child, 'close').then(([exitCode, signal]: unknown[]) => ({
      exitCode: exitCode as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the command did not start');
    return this.child.pid;
  }

  /** Sends a signal to the whole group, as a terminal does. */
  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  async kill9(): Promise<CommandEnd> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  processes(): RunningProcess[] {
    return descendantsOf(this.pid);
  }

  workers(): RunningProcess[] {
    return this.processes().filter(({ command }) => /apps\/worker\/.*main\.[jt]s/.test(command));
  }

  servers(): RunningProcess[] {
    return this.processes().filter(({ command }) =>
      /^\S*(redis|valkey)-server\b|^\S*ld-linux\S* .*redis-server/.test(command),
    );
  }
}

export function sluice(...args: string[]): Promise<CommandEnd> {
  return new SluiceCommand(args).ended;
}

/** Lines of the output so far that are complete. */
export async function countResults(path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
