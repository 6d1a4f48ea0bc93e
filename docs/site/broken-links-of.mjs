import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/**
 * The links of a built site that lead to no page or no anchor of it, each as `page → link`. Links to other hosts are not asked.
 *
 * @param {string} site the folder of the site
 * @param {string} base what the path of each of its addresses starts with
 */
export function brokenLinksOf(site, base) {
  const pages = new Map(globSync('**/*.html', { cwd: site }).map((path) => [path, readPage(join(site, path))]));
  const files = new Set(globSync('**/*', { cwd: site }));
  const leads = (from, link) => {
    const [path = '', anchor = ''] = link.split('#').map((part) => decodeURIComponent(part));
    if (path.startsWith('/') && !path.startsWith(base)) return false;
    const target = path === '' ? from : path.startsWith('/') ? path.slice(base.length) : join(dirname(from), path);
    const file = target === '' || target === '.' || target.endsWith('/') ? join(target, 'index.html') : target;
    const page = pages.get(file);
    return page === undefined ? files.has(file) : anchor === '' || page.ids.has(anchor);
  };
  return [...pages].flatMap(([page, { links }]) =>
    [...links].filter((link) => !leads(page, link)).map((link) => `${page} → ${link}`),
  );
}

function readPage(file) {
  const html = readFileSync(file, 'utf8');
  const ids = new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => unescaped(id)));
  const hrefs = [...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href = '']) => unescaped(href));
  return { ids, links: new Set(hrefs.filter((href) => href !== '#' && !/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(href))) };
}

const unescaped = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
