import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** How the program is started: from its sources, or as it was built. */
const starts = {
  sources: ['-C', '@sluice/source', fileURLToPath(new URL('../main.ts', import.meta.url))],
  built: [fileURLToPath(new URL('../../dist/main.js', import.meta.url))],
} as const;

/** The program as a process of its own, with an IPC channel, as the command line starts it. */
export interface WorkerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it has written so far. */
  output(): string;
  /** Resolves when it says that it takes jobs; rejects when it ends instead. */
  ready(): Promise<void>;
  /** Its exit code, or the signal that ended it, once all that it wrote has arrived. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** @param hasParent whether it has an IPC channel; without one it never says that it is ready */
export function startWorkerProcess(
  env: Record<string, string>,
  { from = 'sources', hasParent = true }: { from?: keyof typeof starts; hasParent?: boolean } = {},
): WorkerProcess {
  const child = spawn(process.execPath, starts[from], {
    env: {
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      SLUICE_ALLOW_PRIVATE: 'true',
      SLUICE_LOG_LEVEL: 'debug',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(hasParent ? (['ipc'] as const) : [])],
  });
  let written = '';
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.setEncoding('utf8').on('data', (text: string) => void (written += text));
  // Node emits no `close` once this side has disconnected the channel.
  const outputEnded = streams.map((stream) => finished(stream));
  const ended = Promise.all([once(child, 'exit'), ...outputEnded]).then(() => child.exitCode ?? child.signalCode);
  const ready = once(child, 'message').then(([message]) => {
    if ((message as { type?: unknown }).type !== 'ready')
      throw new Error(`unexpected message: ${JSON.stringify(message)}`);
  });
  return {
    child,
    ended,
    output: () => written,
    ready: () => Promise.race([ready, ended.then((end) => Promise.reject(new Error(`ended with ${end}: ${written}`)))]),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
