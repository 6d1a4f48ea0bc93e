/** What BullMQ's scripts are given packed. */
export type Packable = string | number | boolean | readonly Packable[] | { readonly [key: string]: Packable };

/**
 * MessagePack, as much of it as those scripts need: strings, whole numbers from 0, booleans, lists and maps. A library for
 * it would have to be loaded by the lease thread.
 */
export function packMessage(value: Packable): Buffer {
  if (typeof value === 'string') return packText(value);
  if (typeof value === 'number') return head(0xce, value, 4);
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2);
  if (Array.isArray(value)) return Buffer.concat([head(0xdd, value.length, 4), ...value.map(packMessage)]);
  const entries = Object.entries(value);
  const parts = entries.flatMap(([key, each]) => [packText(key), packMessage(each)]);
  return Buffer.concat([head(0xdf, entries.length, 4), ...parts]);
}

function packText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([head(0xdb, bytes.length, 4), bytes]);
}

/** A type byte, and a number of `bytes` bytes. */
function head(type: number, number: number, bytes: number): Buffer {
  const packed = Buffer.alloc(1 + bytes);
  packed.writeUInt8(type);
  packed.writeUIntBE(number, 1, bytes);
  return packed;
}
