import { closeSync, constants, open } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const LOOK_EVERY_MS = 100;

/**
 * Opens a named pipe for writing. A plain open would wait for a reader in a thread of Node's, and that keeps the process from
 * ending.
 *
 * @param onWait called once when there is no reader yet
 * @throws AbortError when the signal is aborted before there is a reader
 */
export async function openPipeForWriting(path: string, signal: AbortSignal, onWait: () => void): Promise<Socket> {
  for (let looks = 0; ; looks += 1) {
    const fd = await openDescriptor(path, O_WRONLY | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENXIO') return null; // nobody reads it
      throw error;
    });
    if (fd !== null) return new Socket({ fd, readable: false, writable: true });
    if (looks === 0) onWait();
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Opens a named pipe for reading. What is read from it waits for the first writer. */
export async function openPipeForReading(path: string): Promise<Socket> {
  return new Socket({ fd: await openDescriptor(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
}

/**
 * Closes a descriptor that was opened anew by its path. Processes that are started would inherit the old one, and the other
 * end of the pipe would see no end until the last of them is gone.
 */
export function dropDescriptor(fd: number | null | undefined): void {
  if (typeof fd === 'number' && fd > 2) closeSync(fd);
}

/** A number alone: a FileHandle would be closed when nobody holds it any more. */
const openDescriptor = promisify<string, number, number>(open);
