import { execFile } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs a program to its end and gives its standard output; rejects with the first line it complained with. */
export function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const complaint =
        error.killed === true ? `no end within ${timeoutMs / 1_000} s` : firstLine(stderr) || firstLine(error.message);
      reject(new Error(`${program}: ${complaint}`, { cause: error }));
    });
    child.stdin?.end();
  });
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
