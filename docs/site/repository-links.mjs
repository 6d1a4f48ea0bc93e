import { statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const docs = fileURLToPath(new URL('..', import.meta.url));
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of generated pages, one for each file and folder outside docs/ that a page links to. */
export const sourceFolder = 'source';

const isRelative = (href) => !/^(?:[a-z][a-z+.-]*:|[/#])/i.test(href);

/**
 * The file of the repository that a link of a page leads to, or null for any other link.
 *
 * @param {string} page the page's file, absolute
 * @param {string} href
 */
export function targetOf(page, href) {
  const [path = '', anchor] = href.split('#');
  if (path === '' || !isRelative(href)) return null;
  return { file: join(dirname(repositoryFileOf(page)), decodeURI(path)), anchor };
}

/** The file that a page shows: a generated page shows one outside docs/. Of a file that is not Markdown only the folder is right. */
function repositoryFileOf(page) {
  const [folder, ...rest] = relative(docs, page).split(sep);
  return folder === sourceFolder ? join(root, ...rest) : page;
}

/** Whether the site shows a file or folder of the repository on a generated page. */
export const isGenerated = (file) => !file.startsWith(docs) || isFolder(file);

/** The page of a file or folder, relative to docs/. The site shows no file whose name starts with a dot, so such a dot is left out. */
export function pageOf(file) {
  if (!isGenerated(file)) return relative(docs, file);
  const path = join(sourceFolder, relative(root, file)).replaceAll(`${sep}.`, sep);
  if (isFolder(file)) return join(path, 'index.md');
  return path.endsWith('.md') ? path : `${path}.md`;
}

/** The address on the site of a file or folder of the repository. With its ending: `x.ts` alone would be taken for a file. */
export function addressOf(file) {
  const path = pageOf(file).split(sep).join('/');
  return path === 'README.md' ? '/' : `/${path.replace(/\.md$/, '.html')}`;
}

function isFolder(file) {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * A plugin of markdown-it: relative links, which lead to files of the repository, lead to the same thing on the site.
 *
 * @param {import('vitepress').MarkdownRenderer} md
 */
export function repositoryLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const target = token.type === 'link_open' ? targetOf(env.path, token.attrGet('href') ?? '') : null;
      if (target === null) continue;
      token.attrSet('href', addressOf(target.file) + (target.anchor === undefined ? '' : `#${target.anchor}`));
    }
  });
}
