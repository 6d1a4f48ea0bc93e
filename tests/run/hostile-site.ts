import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { hostilePages, type Visit } from './hostile-pages.ts';

export interface HostileSite extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, one for each number from 1 on. All are one server with the same pages. */
  origin(host: number): string;
  /** Speaks TLS, and has no certificate to show. */
  tlsOrigin: string;
  /** Answers a TLS greeting with an alert. */
  alertOrigin: string;
}

/** A TLS record: fatal alert, handshake failure. */
const tlsAlert = Buffer.from('15030300020228', 'hex');

/**
 * A site on this machine that answers as sites of the open Internet do. Its first path segment names the page; see `hostilePages`.
 * It writes its answers byte by byte, because Node's own server would refuse to send half of them.
 */
export async function startHostileSite(hosts: number): Promise<HostileSite> {
  const hits = new Map<string, number>();
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // those who leave are expected
  };
  const pages = await Promise.all(
    Array.from({ length: hosts }, (_, index) =>
      listen(
        createTcpServer((socket) => serve(socket)),
        `127.0.0.${index + 1}`,
      ),
    ),
  );
  const alert = await listen(
    createTcpServer((socket) => (keep(socket), socket.once('data', () => socket.end(tlsAlert)))),
  );
  const secure = await listen(createTlsServer({}, keep));

  function serve(socket: Socket): void {
    keep(socket);
    let head = '';
    let answered = 0;
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const [line = '', ...fields] = head.split('\r\n');
      head = '';
      const path = line.split(' ')[1] ?? '/';
      const hit = (hits.get(path) ?? 0) + 1;
      hits.set(path, hit);
      const cookie = fields.find((field) => /^cookie:/i.test(field))?.slice(8) ?? '';
      const visit: Visit = { socket, path, hit, cookie, answered };
      answered += 1;
      (hostilePages[path.split('/')[1] ?? '']?.answer ?? notThere)(visit);
    });
  }

  const all = [...pages, alert, secure];
  return {
    origin: (host) => `http://${addressOf(pages[host - 1] ?? alert)}`,
    alertOrigin: `https://${addressOf(alert)}`,
    tlsOrigin: `https://${addressOf(secure)}`,
    async [Symbol.asyncDispose]() {
      const closed = Promise.all(all.map((server) => new Promise((resolve) => server.close(resolve))));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function notThere({ socket }: Visit): void {
  socket.write('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
}

async function listen(server: Server, host = '127.0.0.1'): Promise<Server> {
  server.listen(0, host);
  await once(server, 'listening');
  return server;
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `${address}:${port}`;
}
