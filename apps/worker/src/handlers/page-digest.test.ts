import { limits, type Result, type PayloadInput } from '@sluice/queue/contracts';
import { pageDigest, pageDigestLimits } from '@sluice/shared';
import { runJob } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import handler, { digestPage } from './page-digest.ts';

const neverAborted = new AbortController().signal;
const KIB = 1_024;

function digest(payload: PayloadInput<typeof pageDigest> | string): Result<typeof pageDigest> {
  const parsed = pageDigest.payload.parse(typeof payload === 'string' ? { html: payload } : payload);
  return pageDigest.result.parse(digestPage(parsed, neverAborted));
}

describe('the handler of page.digest', () => {
  it('completes with a result that its contract takes, and is not run once it has expired', async () => {
    const payload = { html: '<title>Hello</title>' };
    expect(await runJob(handler, payload)).toMatchObject({
      outcome: 'completed',
      result: { title: 'Hello', words: 0 },
    });
    expect(await runJob(handler, payload, { expiresAt: 1 })).toMatchObject({ outcome: 'expired' });
  });
});

describe('a digest', () => {
  it('says what a page is about', () => {
    const html = `<!doctype html><html lang="de-at"><head><meta charset=utf-8>
      <title> Caf&eacute;s &amp;
        Gärten </title><meta name="Description" content="Wo man &quot;sitzt&quot;">
      <style>p { color: red }</style><script>let x = "<a href=/no>";</script></head>
      <body><h1>Caf&eacute;s</h1><p>Ein <b>klei</b>ner Garten.<p>Noch <a href="einer#oben">einer</a>
      <a href="/a/einer">wieder</a> <a href="http://you:pw@other.test/">anderswo</a></body></html>`;
    expect(digest({ html, url: 'https://a.test/a/' })).toEqual({
      title: 'Cafés & Gärten',
      description: 'Wo man "sitzt"',
      language: 'de-AT',
      words: 8,
      links: ['https://a.test/a/einer', 'http://other.test/'],
      linkCount: 2,
    });
  });

  it('of nothing is empty', () => {
    const nothing = { title: null, description: null, language: null, words: 0, links: [], linkCount: 0 };
    for (const html of ['', ' \n', '<', '<title>', '<html lang=""><title> </title>', '\0'])
      expect(digest(html)).toEqual({ ...nothing, words: 0 });
  });

  it.each([
    ['the first title', '<title>one</title><title>two</title>', 'one'],
    ['no picture’s title', '<svg><title>icon</title></svg><title>page</title>', 'page'],
    ['no tags in it', '<title>a <b>b</b></title>', 'a <b>b</b>'],
    ['a title without an end', '<title>open <p>end', 'open <p>end'],
  ])('has %s', (_, html, title) => {
    expect(digest(html).title).toBe(title);
  });

  it.each([
    [
      'a description, before one for social networks',
      '<meta property="og:description" content="graph"><meta name=description content="plain">',
      'plain',
    ],
    [
      'one for social networks, when the other is blank',
      '<meta property="og:description" content="graph"><meta name=description content=" ">',
      'graph',
    ],
    ['the first of two', '<meta name=description content=one><meta name=description content=two>', 'one'],
    ['nothing else', '<meta name=keywords content=one>', null],
  ])('takes its description from %s', (_what, html, description) => {
    expect(digest(html).description).toBe(description);
  });

  it.each([
    ['<html lang=EN-us>', 'en-US'],
    ['<html lang="not a tag">', null],
    ['<p lang=de>', null],
    ['<html lang=de><html lang=fr>', 'de'],
  ])('takes its language from %s', (html, language) => {
    expect(digest(html).language).toBe(language);
  });

  it.each([
    ['across inline tags', 'un<b>believ</b>able<wbr>!', 1],
    ['up to every other tag', 'one<br>two<p>three</p>four<td>five', 5],
    ['not of what is hidden', 'seen<script>a b</script><noscript>c d</noscript><template>e</template> too', 2],
    ['without what is hidden and nested', '<svg>a<svg>b</svg>c</svg>seen', 1],
    ['in languages that write no spaces', '这是一个测试', 4],
    ['with entities', 'caf&eacute; &#116;ea &broken; &#xD800;', 3],
  ])('counts words %s', (_, html, words) => {
    expect(digest(html).words).toBe(words);
  });

  it('cuts what is too long, and no character in two', () => {
    const page = digest(`<title>${'x'.repeat(499)}😀</title><meta name=description content="${'y '.repeat(3_000)}">`);
    expect(page.title).toBe('x'.repeat(499));
    expect(page.description).toHaveLength(pageDigestLimits.descriptionMax);
  });
});

describe('the links of a page', () => {
  const links = (html: string, url?: string, maxLinks?: number): Result<typeof pageDigest> =>
    digest({ html, ...(url ? { url } : {}), ...(maxLinks === undefined ? {} : { maxLinks }) });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' java&#10;script:alert(1)',
    'data:text/html,x',
    'mailto:a@b.test',
    'file:///etc/passwd',
    '#top',
    'http://',
    'http://[',
  ])('do not hold %j', (href) => {
    expect(links(`<a href="${href}">x</a>`, 'https://a.test/').linkCount).toBe(0);
  });

  it('are left out when they are relative to nothing', () => {
    expect(links('<a href="/x"><a href="https://b.test/y">').links).toEqual(['https://b.test/y']);
  });

  it('are relative to the first base', () => {
    const html = '<base href="javascript:1"><base href="http://c.test/"><a href=x>';
    expect(links(html, 'https://a.test/').links).toEqual(['https://a.test/x']);
    expect(links('<base href="/d/"><a href=x>', 'https://a.test/').links).toEqual(['https://a.test/d/x']);
    expect(links('<base href="http://c.test/d/"><area href=x>').links).toEqual(['http://c.test/d/x']);
    const tooLong = `<base href="/${'x'.repeat(3_000)}/"><a href=y>`;
    expect(links(tooLong, 'https://a.test/').links).toEqual(['https://a.test/y']);
  });

  it('are those of the first href, as in a browser', () => {
    expect(links('<a HREF=one href=two>', 'https://a.test/').links).toEqual(['https://a.test/one']);
  });

  it('are listed up to a number, and all counted once', () => {
    const html = [1, 2, 3, 1, 2].map((page) => `<a href=${page}#part${page}>`).join('');
    expect(links(html, 'https://a.test/', 2)).toMatchObject({
      links: ['https://a.test/1', 'https://a.test/2'],
      linkCount: 3,
    });
    expect(links('<a href=x#><a href="https://me@a.test/x">', 'https://a.test/').links).toEqual(['https://a.test/x']);
    expect(links(html, 'https://a.test/', 0)).toMatchObject({ links: [], linkCount: 3 });
  });

  it('fit a result, however long they are', () => {
    const html = Array.from({ length: 300 }, (_, page) => `<a href=/${'é'.repeat(300)}${page}>`).join('');
    const page = links(html, 'https://a.test/', 1_000);
    expect(page.linkCount).toBe(300);
    expect(page.links.length).toBeLessThan(100);
    expect(JSON.stringify(page).length).toBeLessThan(limits.resultMaxBytes);
    expect(links(`<a href="/${'x'.repeat(3_000)}">`, 'https://a.test/').linkCount).toBe(0);
  });
});

describe('a hostile page of 256 KiB', () => {
  const fill = (piece: string, start = ''): string => start + piece.repeat((256 * KIB - start.length) / piece.length);
  const longBase = `<base href="https://a.test/${'x/'.repeat(1_000)}">`;

  it.each([
    ['nested tags', fill('<div>')],
    ['nested anchors', fill('<a>')],
    ['pictures in pictures', fill('<svg>')],
    ['ends without beginnings', fill('</p>', fill('<div>').slice(0, 128 * KIB))],
    ['one huge attribute', fill('x', '<a href="')],
    ['countless attributes', `<a ${Array.from({ length: 32_000 }, (_, n) => `a${n}=1`).join(' ')}>`],
    ['the same attribute again and again', fill('href=x ', '<a ')],
    ['broken entities', fill('&')],
    ['unfinished entities', fill('&CounterClockwiseContourIntegra')],
    ['entities in an attribute', fill('&amp', '<a href="')],
    ['open brackets', fill('<')],
    ['comments in comments', fill('<!--')],
    ['a script that nearly ends', fill('</scrip', '<script>')],
    ['a title that nearly ends', fill('</titl', '<title>')],
    ['white space in a title', `<title>${' '.repeat(255 * KIB)}x</title>`],
    ['quotes', fill('<a b="')],
    ['zero bytes', fill('\0')],
    ['links on a long base', longBase + Array.from({ length: 15_000 }, (_, n) => `<a href=${n}>`).join('')],
    ['languages', fill('<html lang=x-y>')],
    ['one word', fill('a')],
    ['one word of marks', fill('\u0301')],
    ['no spaces', fill('カ')],
  ])('takes no longer than its share of the deadline: %s', (_, html) => {
    const before = process.threadCpuUsage();
    digest({ html, url: 'https://a.test/', maxLinks: 1_000 });
    const { user, system } = process.threadCpuUsage(before);
    // Linear work takes up to 300 ms of CPU; that of a tree takes seconds, and only on one or the other of these.
    expect((user + system) / 1_000).toBeLessThan(pageDigest.timeoutMs / 8);
  });

  it('is left as soon as its signal aborts', () => {
    const parsed = pageDigest.payload.parse({ html: fill('<a href=x>word ') });
    for (const looks of [1, 5, 40]) expect(() => digestPage(parsed, abortedAfter(looks))).toThrow('enough');
  });
});

/** A signal that is found aborted at the n-th look. */
function abortedAfter(looks: number): AbortSignal {
  let left = looks;
  return Object.defineProperty(new AbortController().signal, 'throwIfAborted', {
    value: () => {
      left -= 1;
      if (left <= 0) throw new Error('enough');
    },
  });
}
