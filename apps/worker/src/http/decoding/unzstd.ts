import { constants, createZstdDecompress } from 'node:zlib';
import { ByteSource } from './byte-source.ts';
import { checkMembers, decodeMember, type DecoderOptions } from './members.ts';

/** zstd asks for memory by its window; more than 8 MiB must not be needed (RFC 9659). */
const WINDOW_LOG_MAX = 23;

/** Undoes zstd: frame after frame (RFC 8878 §3), where Node's decoder takes the first for the whole. Something else may follow. */
export async function* unzstd(pieces: AsyncIterable<Buffer>, { signal }: DecoderOptions = {}): AsyncGenerator<Buffer> {
  const input = new ByteSource(pieces);
  let total = 0;
  try {
    for (let frames = 0; frames === 0 || (await isFrameNext(input)); frames += 1) {
      checkMembers(frames, total);
      const engine = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } });
      for await (const part of decodeMember(engine, input, signal)) {
        total += part.length;
        yield part;
      }
    }
  } catch (error) {
    // A piece began where a frame had ended: its decoder took what follows for another one.
    if (total === 0 || (error as NodeJS.ErrnoException).code !== 'ZSTD_error_prefix_unknown') throw error;
  }
  await input.drain();
}

/** A frame of data, or one to be skipped: the magic numbers 0xFD2FB528, and 0x184D2A50 to 0x184D2A5F. */
async function isFrameNext(input: ByteSource): Promise<boolean> {
  const magic = await input.take(4);
  input.unread(magic);
  if (magic.length < 4) return false;
  const number = magic.readUInt32LE();
  return number === 0xfd2fb528 || number >>> 4 === 0x184d2a5;
}
