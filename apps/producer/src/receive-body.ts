import type { IncomingMessage } from 'node:http';
import type { RequestLoad } from './load-limit.ts';
import { ClientGoneError, HttpRefusal } from './request-errors.ts';

/**
 * The whole body. Once it is refused nothing is kept of what still comes.
 *
 * @throws HttpRefusal 413; OverloadedError; ClientGoneError when the connection ends first
 */
export function receiveBody(body: IncomingMessage, maxBytes: number, load: RequestLoad | undefined): Promise<Buffer> {
  if (Number(body.headers['content-length']) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let chunks: Buffer[] = [];
  let bytes = 0;
  // The request lives until its answer: nothing that it still refers to may hold the body that long.
  const end = (): void => {
    body.off('data', onData).off('end', onEnd).off('close', onCut);
    chunks = [];
  };
  const onData = (chunk: Buffer): void => {
    try {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      load?.addBytes(chunk.length);
      chunks.push(chunk);
    } catch (error) {
      end();
      reject(error);
    }
  };
  const onEnd = (): void => {
    const whole = Buffer.concat(chunks, bytes);
    end();
    resolve(whole);
  };
  const onCut = (): void => {
    end();
    reject(new ClientGoneError());
  };
  body.on('data', onData).on('end', onEnd).on('close', onCut).on('error', ignore);
  return promise;
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(413, `a body may have ${maxBytes} bytes`);
}

/** The end of a broken connection shows what becomes of it. */
function ignore(): void {}
