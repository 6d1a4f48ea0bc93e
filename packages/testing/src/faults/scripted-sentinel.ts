import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { RespReader } from '../transactions/resp.ts';

/** A minimal Sentinel: it answers with the master that the test sets, and monitors nothing. */
export interface ScriptedSentinel extends AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** Where it listens. */
  readonly port: number;
  /** Clients that asked for the master, so far. */
  readonly asked: number;
  /** Sets the master for further answers: `redis://host:port`. */
  promote(url: string): void;
  /** Accepts connections and answers nothing, like a hanging process. */
  hang(): void;
}

/** Starts one on a free port. @param masterUrl `redis://host:port` */
export async function scriptedSentinel(masterUrl: string): Promise<ScriptedSentinel> {
  const sockets = new Set<Socket>();
  let master = new URL(masterUrl);
  let hangs = false;
  let asked = 0;
  const answer = (command: string): string => {
    if (/^sentinel get-master-addr-by-name/i.test(command)) {
      asked += 1;
      return array([master.hostname, master.port]);
    }
    return /^sentinel sentinels/i.test(command)
      ? array([])
      : `-ERR unknown command '${command.split(' ', 1)[0] ?? ''}'\r\n`;
  };
  const server = createServer((socket) => {
    const reader = new RespReader();
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let command = reader.read(); command !== undefined; command = reader.read()) {
        if (!hangs) socket.write(answer((command as Buffer[]).join(' ')));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get asked() {
      return asked;
    },
    promote: (url) => void (master = new URL(url)),
    hang: () => void (hangs = true),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function array(values: readonly string[]): string {
  return `*${values.length}\r\n${values.map((value) => `$${value.length}\r\n${value}\r\n`).join('')}`;
}
