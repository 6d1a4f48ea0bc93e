import type { Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import type { FetchErrorCode } from '@sluice/shared';

/** One request for a page. */
export interface Visit {
  socket: Socket;
  /** Such as `/gzip/17`. */
  path: string;
  /** How often this path has been asked for, this time included. */
  hit: number;
  /** What the `Cookie` field says, or nothing. */
  cookie: string;
  /** How many requests this connection has had before. */
  answered: number;
}

/** How the fetch of a page must end. */
export type Meant =
  | { body: string; attempts?: number }
  | { code: FetchErrorCode; status?: number | null; attempts?: number };

export interface HostilePage {
  answer: (visit: Visit) => void;
  meant: (path: string) => Meant;
}

/** As the run of the test is told. */
export const attemptsMost = 3;

const text = (path: string): string => `page ${path}, größe €\n`;
const fine = (path: string): Meant => ({ body: text(path) });
/** Tried as often as may be, in vain. */
const vain =
  (code: FetchErrorCode, status: number | null = null) =>
  (): Meant => ({ code, status, attempts: attemptsMost });
const final =
  (code: FetchErrorCode, status: number | null = null) =>
  (): Meant => ({ code, status, attempts: 1 });

function write(socket: Socket, status: string, fields: readonly string[], body: Buffer | string = ''): void {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `content-length: ${bytes.length}`, ...fields];
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
}

const utf8 = 'content-type: text/plain; charset=utf-8';
const page = ({ socket, path }: Visit, ...fields: string[]): void =>
  write(socket, '200 OK', [utf8, ...fields], text(path));

/** An answer whose bytes are exactly these; the body's end is the connection's. */
const raw =
  (head: string, body: (path: string) => Buffer | string) =>
  (visit: Visit): void => {
    visit.socket.end(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body(visit.path))]));
  };

const encoded = (encoding: string, encode: (plain: Buffer) => Buffer): HostilePage => ({
  answer: ({ socket, path }) =>
    write(socket, '200 OK', [utf8, `content-encoding: ${encoding}`], encode(Buffer.from(text(path)))),
  meant: fine,
});

/** Fails this way at first, and is well when it is asked again. */
const once = (fail: (visit: Visit) => void): HostilePage => ({
  answer: (visit) => (visit.hit === 1 ? fail(visit) : page(visit)),
  meant: (path) => ({ body: text(path), attempts: 2 }),
});

const cutAtOnce = ({ socket }: Visit): void => void socket.resetAndDestroy();
const bomb = gzipSync(Buffer.alloc(32 * 2 ** 20));
const lengthOf = (path: string): number => Buffer.byteLength(text(path));

/** By the first segment of their path: what sites of the open Internet answer, and what a fetch must make of it. */
export const hostilePages: Record<string, HostilePage> = {
  plain: { answer: (visit) => page(visit), meant: fine },
  slow: { answer: (visit) => void setTimeout(() => page(visit), 150), meant: fine },

  // Encodings of the body.
  gzip: encoded('gzip', gzipSync),
  brotli: encoded('br', brotliCompressSync),
  'raw-deflate': encoded('deflate', deflateRawSync),
  'encoding-none': encoded('none', (plain) => plain),
  'encoding-utf8': encoded('utf-8', (plain) => plain),
  'gzip-without-its-end': encoded('gzip', (plain) => gzipSync(plain).subarray(0, -8)),
  'gzip-bomb': {
    answer: ({ socket }) => write(socket, '200 OK', ['content-encoding: gzip'], bomb),
    meant: final('TOO_LARGE', 200),
  },

  // Heads as they should not be.
  'line-feeds': {
    answer: raw(`HTTP/1.1 200 OK\n${utf8}\nconnection: close\n\n`, text),
    meant: fine,
  },
  'unasked-continue': {
    answer: (visit) => {
      visit.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      page(visit);
    },
    meant: fine,
  },
  'length-twice': {
    answer: (visit) => page(visit, `content-length: ${lengthOf(visit.path)}`),
    meant: fine,
  },
  'length-and-chunks': {
    answer: raw(
      `HTTP/1.1 200 OK\r\n${utf8}\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
      (path) => {
        return `${lengthOf(path).toString(16)}\r\n${text(path)}\r\n0\r\n\r\n`;
      },
    ),
    meant: fine,
  },
  'two-lengths': {
    answer: (visit) => page(visit, `content-length: ${lengthOf(visit.path) + 1}`),
    meant: () => ({ code: 'HTTP', attempts: 1 }),
  },
  'status-099': { answer: ({ socket }) => write(socket, '099 Less', []), meant: () => ({ code: 'HTTP', attempts: 1 }) },
  'mail-server': { answer: raw('220 mail ESMTP\r\n', () => ''), meant: () => ({ code: 'HTTP', attempts: 1 }) },

  // Charsets.
  'latin1-by-meta': {
    answer: ({ socket, path }) => {
      const html = Buffer.from(`<html><head><meta charset="iso-8859-1"></head>Größe ${path}`, 'latin1');
      write(socket, '200 OK', ['content-type: text/html'], html);
    },
    meant: (path) => ({ body: `<html><head><meta charset="iso-8859-1"></head>Größe ${path}` }),
  },

  // Redirects.
  moved: {
    answer: (visit) => write(visit.socket, '301 Moved', [`location: /plain${visit.path}`]),
    meant: (path) => fine(`/plain${path}`),
  },
  'moved-in-latin1': {
    answer: ({ socket, path }) => write(socket, '302 Found', [`location: /plain/\xe9${path}`]),
    meant: (path) => fine(`/plain/%E9${path}`),
  },
  'wants-a-cookie': {
    answer: (visit) => {
      if (visit.cookie.includes('seen=yes')) page(visit);
      else write(visit.socket, '302 Found', [`location: ${visit.path}`, 'set-cookie: seen=yes; Path=/']);
    },
    meant: fine,
  },
  circle: {
    answer: ({ socket, path }) => write(socket, '302 Found', [`location: ${path}`]),
    meant: final('REDIRECTS', 302),
  },

  // What goes wrong, for good or for once.
  missing: { answer: ({ socket }) => write(socket, '404 Not Found', [], 'no'), meant: final('HTTP', 404) },
  broken: { answer: ({ socket }) => write(socket, '500 Oops', [], 'no'), meant: vain('HTTP', 500) },
  'always-away': { answer: ({ socket }) => write(socket, '503 Away', []), meant: vain('HTTP', 503) },
  cut: { answer: cutAtOnce, meant: vain('RESET') },
  'cut-in-the-body': {
    answer: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf of');
      setTimeout(() => socket.resetAndDestroy(), 20);
    },
    meant: () => ({ code: 'RESET', attempts: attemptsMost }),
  },
  'short-of-its-length': {
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n', () => 'half of'),
    meant: () => ({ code: 'RESET', attempts: attemptsMost }),
  },
  silent: { answer: () => undefined, meant: () => ({ code: 'TIMEOUT', attempts: attemptsMost }) },
  'broken-once': once(({ socket }) => write(socket, '500 Oops', [])),
  // Resent without an attempt where the connection had been kept; it may have been closed while it was idle.
  'cut-once': { ...once(cutAtOnce), meant: fine },
  // A refusal that comes with a time spends no attempt.
  'asks-to-wait': {
    answer: (visit) => (visit.hit === 1 ? write(visit.socket, '429 Slow down', ['retry-after: 1']) : page(visit)),
    meant: (path) => ({ body: text(path), attempts: 1 }),
  },
  // Closes a connection that was kept as it is used again.
  'tired-of-waiting': {
    answer: (visit) => (visit.answered > 0 ? void visit.socket.destroy() : page(visit)),
    meant: (path) => ({ body: text(path), attempts: 1 }),
  },
};
