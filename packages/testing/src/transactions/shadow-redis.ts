import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startLocalRedis } from '@sluice/local-redis';
import { UndoStack } from '@sluice/queue/lifecycle';
import { addressOf } from '../servers/connect-client.ts';
import { encodeCommand, RespError, RespReader, type RespValue } from './resp.ts';

/** A second Redis that repeats what the first one did, at the caller's pace. */
export interface ShadowRedis extends AsyncDisposable {
  /** Sends commands as bytes in one go and gives their replies, `count` of them. An error reply is a value. */
  run(commands: Buffer, count: number): Promise<RespValue[]>;
}

/**
 * Starts a shadow on the state of an append-only log's base file, or empty.
 *
 * Always a process of this machine: it must load a file, and tens of thousands of transactions go through it.
 */
export async function startShadow(base: string | null): Promise<ShadowRedis> {
  await using stack = new UndoStack();
  const dir = await mkdtemp(join(tmpdir(), 'sluice-shadow-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  if (base !== null) await copyBase(dir, base);
  const server = stack.use(await startLocalRedis({ ...(base === null ? {} : { dir }), config: { appendfsync: 'no' } }));
  const socket = connect(addressOf(server.url));
  stack.defer(() => void socket.destroy());
  const owned = stack.move();
  const wire = new Wire(socket);
  return { run: (commands, count) => wire.run(commands, count), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A log that holds the base and nothing since. */
async function copyBase(dir: string, base: string): Promise<void> {
  const folder = join(dir, 'appendonlydir');
  await mkdir(folder);
  await copyFile(base, join(folder, basename(base)));
  await writeFile(join(folder, 'appendonly.aof.manifest'), `file ${basename(base)} seq 1 type b\n`);
}

interface Expected {
  replies: RespValue[];
  count: number;
  resolve(replies: RespValue[]): void;
  reject(error: Error): void;
}

class Wire {
  readonly #socket: Socket;
  readonly #reader = new RespReader();
  #expected: Expected | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#expected?.reject(error));
    socket.on('close', () => this.#expected?.reject(new Error('the shadow Redis closed the connection')));
  }

  run(commands: Buffer, count: number): Promise<RespValue[]> {
    return new Promise((resolve, reject) => {
      this.#expected = { replies: [], count, resolve, reject };
      this.#socket.write(commands);
    });
  }

  #take(chunk: Buffer): void {
    this.#reader.push(chunk);
    const expected = this.#expected;
    if (expected === null) return;
    while (expected.replies.length < expected.count) {
      const value = this.#reader.read();
      if (value === undefined) return;
      expected.replies.push(value);
    }
    this.#expected = null;
    expected.resolve(expected.replies);
  }
}

/** Loads a script into the shadow; the bytes that run it on these keys. */
export async function loadProbe(shadow: ShadowRedis, script: string, keys: readonly string[]): Promise<Buffer> {
  const [sha] = await shadow.run(encodeCommand(['SCRIPT', 'LOAD', script]), 1);
  if (sha instanceof RespError) throw sha;
  return encodeCommand(['EVALSHA', String(sha), keys.length, ...keys]);
}
