import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, docs, targetOf } from './repository-links.mjs';

/** The sidebar: the sections of docs/README.md and their pages. */
export function sidebar() {
  const index = join(docs, 'README.md');
  const [, ...sections] = readFileSync(index, 'utf8').split(/^## /m);
  return sections.map((section) => ({
    text: section.split('\n')[0],
    collapsed: section.startsWith('Decisions'),
    items: [...section.matchAll(/^- \[(.*)\]\(([^)]+)\)$/gm)].map(([, text = '', href = '']) => ({
      text: text.replaceAll('`', ''),
      link: addressOf(targetOf(index, href)?.file ?? index),
    })),
  }));
}
