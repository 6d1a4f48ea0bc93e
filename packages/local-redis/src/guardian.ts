import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * The guardian starts the server as its child and then waits for two things: the server's end, and the end of its own
 * standard input, a pipe that this process holds open. The kernel closes the pipe when this process dies, however it dies.
 *
 * It runs in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it or the server. A shell and not
 * a Node program: it must start in a millisecond and weigh nothing. `read` blocks without a process of its own. Nothing
 * that may outlive the server (`sleep`) holds the pipes, because their end is how we know that all is over. Of its two
 * processes either is enough to end the server.
 */
const START_SCRIPT = `
trap '' PIPE
folder=$1 last=$2; shift 2
exec 3>&1 1>&2 4<&0 </dev/null
"$@" 3>&- 4<&- &
server=$!
( exec 3>&-; read -r _ <&4; exec >/dev/null 2>&1; kill -TERM "$server"; sleep 3; kill -KILL "$server"; rm -rf "$folder" ) &
watch=$!
echo "$server $watch" >&3
exec 3>&- 4<&-
wait "$server"
kill "$watch"
[ -z "$last" ] || $last >/dev/null
rm -rf "$folder"
`;

/** The same for a server that is already there, and cannot be a child any more: its end is reported by the line "gone". */
const ADOPT_SCRIPT = `
trap '' PIPE
folder=$1 last=$2 server=$3
exec >/dev/null 2>&1
read -r word
if [ "$word" != gone ] && [ -n "$server" ]; then
  kill -TERM "$server"
  for _ in 1 2 3; do kill -0 "$server" && sleep 1; done
  kill -KILL "$server"
fi
[ -z "$last" ] || $last
rm -rf "$folder"
`;

/** What to run: a command that stays in the foreground for as long as its server lives. */
export interface GuardedCommand {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Removed by the guardian in the end. */
  readonly folder: string;
  /** A command that the guardian runs after the server's end: words without spaces; empty for none. */
  readonly last: string;
}

export interface Guardian {
  /** The server that it started, null when it started none, and the processes that would end the server. */
  readonly pids: Promise<{ readonly server: number | null; readonly guards: readonly number[] }>;
  /** Resolves when the server and the guardian have ended and the folder is removed. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The last lines that the server printed. */
  printed(): string;
  /** From now on the server alone does not keep this process from ending; the guardian ends it then. */
  unref(): void;
  /** Lets the guardian end the server; `gone` says that the server has ended already. */
  release(word?: 'gone'): void;
}

/** @throws what the system says when it cannot start a process */
export async function guardNewServer({ command, env, folder, last }: GuardedCommand): Promise<Guardian> {
  return startGuardian(START_SCRIPT, [folder, last, ...command], env);
}

/**
 * A guardian for a server whose first guardian is dead. It ends only when it is released, or with this process.
 *
 * @throws what the system says when it cannot start a process
 */
export async function guardRunningServer(
  { folder, last, pid }: { folder: string; last: string; pid: number | null },
  env: NodeJS.ProcessEnv,
): Promise<Guardian> {
  return startGuardian(ADOPT_SCRIPT, [folder, last, pid === null ? '' : String(pid)], env);
}

async function startGuardian(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Guardian> {
  const child = spawn('/bin/sh', ['-c', script, 'sluice-redis-guardian', ...args], { cwd: '/', env, detached: true });
  // One that cannot be started for want of descriptors has no streams either.
  await once(child, 'spawn');
  const own = child.pid === undefined ? [] : [child.pid];
  const tail = keepTail(child.stderr);
  child.stdin.on('error', () => undefined); // the guardian ended first: `ended` reports it
  let over = false;
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve())).then(
    () => void (over = true),
  );
  return {
    pids: firstLine(child.stdout).then(([server, watch]) =>
      server === undefined || watch === undefined ? { server: null, guards: own } : { server, guards: [...own, watch] },
    ),
    ended,
    hasEnded: () => over,
    printed: tail,
    unref: () => handlesOf(child).forEach((handle) => handle.unref()),
    release: (word) => {
      // Its end is known when its output has ended as well.
      for (const handle of handlesOf(child)) handle.ref();
      child.stdin.end(word === undefined ? '' : `${word}\n`);
    },
  };
}

/** What keeps this process from ending. */
function handlesOf(child: ChildProcessWithoutNullStreams): readonly { ref(): unknown; unref(): unknown }[] {
  return [child, ...[child.stdin, child.stdout, child.stderr].map((stream) => stream as unknown as Socket)];
}

function keepTail(stream: Readable): () => string {
  let tail = '';
  stream.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-4_096)));
  return () => tail.trim();
}

/** The numbers of the first line; none when it ends without one. */
function firstLine(stream: Readable): Promise<number[]> {
  return new Promise((resolve) => {
    stream.once('data', (line: Buffer) => resolve(line.toString().trim().split(' ').map(Number)));
    stream.once('end', () => resolve([]));
  });
}
