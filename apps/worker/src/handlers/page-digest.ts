import { defineHandler, type Handler, type Payload, type Result } from '@sluice/queue';
import { pageDigest } from '@sluice/shared';
import { countWords } from '../html/count-words.ts';
import { PageReader } from '../html/page-reader.ts';
import { readHtml } from '../html/read-html.ts';

/** Runs `page.digest`. It looks at the signal all the time: no page keeps it longer than its deadline. */
export function digestPage(
  { html, url, maxLinks }: Payload<typeof pageDigest>,
  signal: AbortSignal,
): Result<typeof pageDigest> {
  const page = new PageReader(url, maxLinks);
  readHtml(html, PageReader.attributes, page, signal);
  const { title, description, language } = page;
  return { title, description, language, words: countWords(page.text, language, signal), ...page.readLinks() };
}

const handler: Handler<typeof pageDigest> = defineHandler(pageDigest, ({ payload, signal }) =>
  digestPage(payload, signal),
);
export default handler;
