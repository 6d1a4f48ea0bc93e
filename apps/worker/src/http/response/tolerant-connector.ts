import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { FetchError } from '../errors/fetch-error.ts';
import { ResponseReader } from './response-reader.ts';
import { hasEndedBelowTls } from './tls-stream.ts';

/**
 * A connector whose connections give a strict client the answers of servers that are not strict, and an error, not an end,
 * when they are cut off within a body.
 *
 * @param headersMaxBytes the most bytes of one head, interim answers before it included
 */
export function tolerantConnector(
  connect: buildConnector.connector,
  headersMaxBytes: number,
): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...outcome) => {
      const [error, socket] = outcome;
      if (error) return callback(error, null);
      readTolerantly(socket, new ResponseReader(headersMaxBytes));
      callback(null, socket);
    });
}

/**
 * Puts the reader between the network and the client. It replaces the methods by which the one writes to a socket and the
 * other reads from it: a stream between the two would cost each byte a second buffer, and hide the socket from the client.
 */
function readTolerantly(socket: Socket, reader: ResponseReader): void {
  const push = socket.push.bind(socket);
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  const destroy = socket.destroy.bind(socket);
  socket.write = (...given: unknown[]) => {
    reader.expectAnswer();
    return write(...given);
  };
  socket.push = (chunk: Buffer | null) => {
    if (chunk !== null) return pushAll(chunk);
    const isCut = reader.isIncomplete || (reader.endsWithConnection && hasEndedBelowTls(socket));
    if (!isCut) return push(null);
    socket.destroy(cutOff());
    return false;
  };
  socket.destroy = (error?: Error) => {
    const isCut = (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
    return destroy(isCut && (reader.isIncomplete || reader.endsWithConnection) ? cutOff(error) : error);
  };

  function pushAll(chunk: Buffer): boolean {
    try {
      const parts = reader.read(chunk);
      return parts.length === 0 || push(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    } catch (error) {
      socket.destroy(error as Error);
      return false;
    }
  }
}

/** The client would take it for the end of a body of unknown length. */
function cutOff(cause?: Error): FetchError {
  return new FetchError('RESET', 'the connection was cut', { cause, worthRetrying: true });
}
