import { defineConfig } from 'vitepress';
import { mermaidFences } from '../site/mermaid-fences.mjs';
import { repositoryLinks } from '../site/repository-links.mjs';
import { sidebar } from '../site/sidebar.mjs';
import { anchorOf } from '../site/anchor-of.mjs';
import { writeSourcePages } from '../site/write-source-pages.mjs';

writeSourcePages();

// A link that leads nowhere fails the build. Anchors are checked after it, in the pages that it wrote.
export default defineConfig({
  title: 'Sluice',
  description: 'Bounded job queues for TypeScript services, on Redis',
  rewrites: { 'README.md': 'index.md' },
  srcExclude: ['node_modules/**'],
  markdown: {
    anchor: { slugify: anchorOf },
    config: (md) => {
      repositoryLinks(md);
      mermaidFences(md);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/' },
      { text: 'Errors', link: '/errors' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Reference', link: '/reference/index.html', target: '_self' },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
