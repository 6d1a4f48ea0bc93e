import { TextDecoder } from 'node:util';
import { UsageError } from '../../cli-errors.ts';

/** The number of bytes by which the encoding is known. */
const HEAD_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/**
 * A list as UTF-8. One in UTF-16, as some Windows programs write it, is recognized by its byte order mark, or by the zero that
 * one of its first two bytes is, because a list begins with an ASCII character. All else passes through as it is.
 *
 * @throws UsageError for UTF-32
 */
export async function* utf8Chunks(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  /** What came before the encoding is known. */
  let head: Buffer | null = NOTHING;
  let utf16: TextDecoder | null = null;
  for await (const chunk of chunks) {
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (head !== null) {
      bytes = Buffer.concat([head, bytes]);
      head = bytes.length < HEAD_BYTES ? bytes : null;
      if (head !== null) continue;
      utf16 = utf16Decoder(bytes);
    }
    yield utf16 ? encode(utf16.decode(bytes, { stream: true })) : bytes;
  }
  utf16 ??= utf16Decoder(head ?? NOTHING);
  yield utf16 ? encode(utf16.decode(head ?? NOTHING)) : (head ?? NOTHING);
}

function utf16Decoder(head: Buffer): TextDecoder | null {
  const [first, second, third, fourth] = head;
  if (first === 0xff && second === 0xfe) {
    if (third === 0 && fourth === 0) throw inUtf32();
    return new TextDecoder('utf-16le');
  }
  if (first === 0 && second === 0 && third === 0xfe && fourth === 0xff) throw inUtf32();
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be');
  if (second === 0 && first !== 0 && first !== undefined) return new TextDecoder('utf-16le');
  return first === 0 && second !== 0 && second !== undefined ? new TextDecoder('utf-16be') : null;
}

/** Marks what is broken in UTF-16, so that it is broken in UTF-8 as well: a byte that never occurs in valid UTF-8. */
function encode(text: string): Buffer {
  if (!text.includes('\ufffd')) return Buffer.from(text);
  const [first = NOTHING, ...others] = text.split('\ufffd').map((part) => Buffer.from(part));
  return Buffer.concat([first, ...others.flatMap((part) => [Buffer.from([0xff]), part])]);
}

function inUtf32(): UsageError {
  return new UsageError('the list of URLs is in UTF-32; write it in UTF-8 or UTF-16');
}
