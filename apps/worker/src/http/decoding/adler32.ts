const MODULUS = 65_521;
/** This number of bytes can be added before the sums pass 32 bits. */
const STRIDE = 3_800;

/** The checksum of the zlib format (RFC 1950); Node has none. */
export function adler32(bytes: Buffer, start = 1): number {
  let low = start & 0xffff;
  let high = start >>> 16;
  for (let at = 0; at < bytes.length; at += STRIDE) {
    for (const byte of bytes.subarray(at, at + STRIDE)) {
      low += byte;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
