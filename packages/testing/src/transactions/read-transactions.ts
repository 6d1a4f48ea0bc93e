import { RespReader } from './resp.ts';

/** What Redis did in one indivisible step: a script's effects, a client's MULTI…EXEC, or one command. */
export interface Transaction {
  /** The commands, without MULTI and EXEC. */
  commands: readonly (readonly Buffer[])[];
  /** The same as bytes of the Redis protocol. */
  bytes: Buffer;
}

/** What an append-only file holds. */
export interface TransactionLog {
  /** In their order. */
  transactions: Transaction[];
  /** Bytes at the end that are no whole transaction: a write in progress, or cut off by kill -9. Redis drops them too. */
  tornBytes: number;
}

interface OpenTransaction {
  commands: Buffer[][];
  start: number;
}

/** Splits the bytes of an append-only file into transactions. */
export function readTransactions(bytes: Buffer): TransactionLog {
  const log = withoutAnnotations(bytes);
  const reader = new RespReader(log);
  const transactions: Transaction[] = [];
  let open: OpenTransaction | null = null;
  let wholeUntil = 0;
  for (;;) {
    const start = reader.offset;
    const value = reader.read();
    if (value === undefined) break;
    const command = asCommand(value, start);
    const name = command[0]?.toString('latin1').toUpperCase();
    if (name === 'MULTI') {
      open = { commands: [], start: reader.offset };
    } else if (name === 'EXEC' && open !== null) {
      transactions.push({ commands: open.commands, bytes: log.subarray(open.start, start) });
      open = null;
    } else if (open !== null) {
      open.commands.push(command);
    } else {
      transactions.push({ commands: [command], bytes: log.subarray(start, reader.offset) });
    }
    if (open === null) wholeUntil = reader.offset;
  }
  return { transactions, tornBytes: log.length - wholeUntil };
}

function asCommand(value: unknown, at: number): Buffer[] {
  if (!Array.isArray(value) || !value.every((part) => Buffer.isBuffer(part))) {
    throw new Error(`byte ${at} of the append-only file begins no command`);
  }
  return value;
}

// With aof-timestamp-enabled Redis writes lines such as `#TS:1719000000` between commands, never inside one.
// They are found from the front, command by command, because payloads may hold anything.
function withoutAnnotations(bytes: Buffer): Buffer {
  if (!bytes.includes('#TS:')) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0x23) {
      const end = bytes.indexOf('\r\n', at);
      if (end < 0) break;
      at = end + 2;
      continue;
    }
    const reader = new RespReader(bytes.subarray(at));
    if (reader.read() === undefined) break;
    parts.push(bytes.subarray(at, at + reader.offset));
    at += reader.offset;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}
