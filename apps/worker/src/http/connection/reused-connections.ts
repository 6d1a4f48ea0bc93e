import { subscribe } from 'node:diagnostics_channel';

/** What undici publishes (its docs/api/DiagnosticsChannel.md); each object is one and the same for a request or connection. */
interface Published {
  request: object;
  socket?: object;
  error?: unknown;
}

const usedSockets = new WeakSet<object>();
const requestsOnUsedSockets = new WeakSet<object>();
const errorsOnUsedSockets = new WeakSet<object>();

subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as Published;
  if (!socket) return;
  if (usedSockets.has(socket)) requestsOnUsedSockets.add(request);
  usedSockets.add(socket);
});

subscribe('undici:request:error', (message) => {
  const { request, error } = message as Published;
  if (error instanceof Error && requestsOnUsedSockets.has(request)) errorsOnUsedSockets.add(error);
});

/**
 * Whether a request failed on a connection that had carried another one before. Its server may have closed it as idle
 * while the request was on its way, and then knows nothing of the request (RFC 9112 §9.3.1).
 */
export function failedOnReusedConnection(error: unknown): boolean {
  return error instanceof Error && errorsOnUsedSockets.has(error);
}
