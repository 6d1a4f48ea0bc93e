import { describe, expect, it } from 'vitest';
import { jsonLine, printable } from './printable.ts';

const hostile = 'a\u001b[2J\u009b31m\nb\r\u202egnp.exe\u200b\u2028\u0007\ud800';

describe('printable', () => {
  it('leaves nothing that a terminal acts on', () => {
    expect(printable(hostile)).toBe(
      'a\\u{1b}[2J\\u{9b}31m\\u{a}b\\u{d}\\u{202e}gnp.exe\\u{200b}\\u{2028}\\u{7}\\u{d800}',
    );
  });

  it('leaves letters of every script and emoji as they are', () => {
    expect(printable('Grüße, 日本語, 🎉')).toBe('Grüße, 日本語, 🎉');
  });
});

describe('jsonLine', () => {
  it('reads back as the same value', () => {
    expect(JSON.parse(jsonLine({ hostile }))).toEqual({ hostile });
  });

  it('leaves nothing in the line that a terminal acts on', () => {
    expect(jsonLine({ hostile })).toMatch(/^[\u0020-\u007e]+\n$/);
  });
});
