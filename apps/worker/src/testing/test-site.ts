import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server as RawServer, type Socket } from 'node:net';
import type { Certificate } from './self-signed-certificate.ts';

/** A server on 127.0.0.1 that keeps what it was asked. */
export interface TestSite extends AsyncDisposable {
  /** Origin, without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
  /** How many connections were opened to it. */
  connections(): number;
}

/** Serves HTTP, or HTTPS when it gets a certificate. */
export async function startTestSite(answer: RequestListener, certificate?: Certificate): Promise<TestSite> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    answer(request, response);
  };
  const server = certificate ? createSecureServer(certificate, listener) : createServer(listener);
  return listen(server, certificate ? 'https' : 'http', requests);
}

/** Speaks whatever it likes to each connection. */
export async function startRawSite(speak: (socket: Socket) => void): Promise<TestSite> {
  const server = createRawServer((socket) => {
    socket.on('error', () => {});
    speak(socket);
  });
  return listen(server, 'http', []);
}

async function listen(server: Server | RawServer, scheme: string, requests: IncomingMessage[]): Promise<TestSite> {
  const sockets = new Set<Socket>();
  let opened = 0;
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => opened,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
