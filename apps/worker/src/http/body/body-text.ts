import { isUtf8 } from 'node:buffer';
import { labelToName, legacyHookDecode } from '@exodus/bytes/encoding.js';
import sniffEncoding from 'html-encoding-sniffer';

/** A kind of document that may name its charset in itself; `html` also where nobody says what it is. */
type Kind = 'html' | 'xml' | 'other';

/**
 * The body of a page as text, by the standard's rules for its kind: a byte order mark counts first, then the charset of the
 * Content-Type, then what an HTML or XML document says of itself. Without any it is UTF-8, and for HTML that is no UTF-8,
 * as in browsers, windows-1252. Broken bytes become U+FFFD.
 */
export function textOf(body: Buffer, contentType: string | null): string {
  return legacyHookDecode(body, charsetOf(body, contentType));
}

/** The body of something that is not sniffed, such as JSON: by its mark, or the charset of the Content-Type, else UTF-8. */
export function plainTextOf(body: Buffer, contentType: string | null): string {
  return legacyHookDecode(body, charsetLabel(contentType) ?? 'utf-8');
}

function charsetOf(body: Buffer, contentType: string | null): string {
  const kind = kindOf(contentType);
  const label = charsetLabel(contentType);
  if (kind === 'other') return label ?? 'utf-8';
  const isWestern = kind === 'html' && contentType !== null && !isUtf8(body);
  return sniffEncoding(body, {
    xml: kind === 'xml',
    defaultEncoding: isWestern ? 'windows-1252' : 'UTF-8',
    ...(label === null ? {} : { transportLayerEncodingLabel: label }),
  });
}

function kindOf(contentType: string | null): Kind {
  const type = (contentType ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  if (type === '' || type === 'text/html') return 'html';
  return /^(text|application)\/xml$|\+xml$/.test(type) ? 'xml' : 'other';
}

/** The charset of a Content-Type, also in single quotes; null when it names none that there is. */
function charsetLabel(contentType: string | null): string | null {
  const label = /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType ?? '')?.[1];
  return label !== undefined && labelToName(label) !== null ? label : null;
}
