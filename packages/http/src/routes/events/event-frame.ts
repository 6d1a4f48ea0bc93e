import { writeJson } from '@sluice/queue/json';

/** A server-sent event as bytes: made once, however many streams it goes to. */
export function eventFrame(event: string, data: unknown, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${writeJson(data)}\n\n`);
}
