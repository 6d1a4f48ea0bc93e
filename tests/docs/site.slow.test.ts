import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const site = `${root}docs/.vitepress/dist/`;
const pageOf = (path: string): Promise<string> => readFile(site + path, 'utf8');

describe('the site of the docs', () => {
  // Some 30 s of CPU: most of it for the bundler. A link that leads nowhere, of a page or of the reference, fails it.
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['docs/site/main.mjs', 'build'], { cwd: root, maxBuffer: 2 ** 26 });
  }, 280_000);

  it('has every page of docs/, and those outside of it that they link to', async () => {
    const pages = globSync('**/*.md', { cwd: `${root}docs`, exclude: ['node_modules/**', 'public/**'] });
    const built = new Set(globSync('**/*.html', { cwd: site }));
    const missing = pages
      .map((page) => page.replace(/^README\.md$/, 'index.md').replace(/\.md$/, '.html'))
      .filter((page) => !built.has(page));
    expect(missing).toEqual([]);
    expect(await pageOf('architecture.html')).toMatch(/href="\/source\/packages\/queue\/src\/[^"]+\.ts\.html"/);
    expect(await pageOf('source/CONTRIBUTING.html')).toContain('How to add a job');
  });

  it('lists the sections of docs/README.md in the sidebar', async () => {
    const index = await readFile(`${root}docs/README.md`, 'utf8');
    const page = await pageOf('errors.html');
    for (const [, section] of index.matchAll(/^## (.*)$/gm)) expect(page).toContain(`>${section}</h2>`);
  });

  it('has a search over all pages', () => {
    expect(globSync('assets/chunks/@localSearchIndexroot.*.js', { cwd: site })).toHaveLength(1);
  });

  it('has a reference with a page for each public name, by the names that users import', async () => {
    const module = await pageOf('reference/modules/_sluice_queue.html');
    expect(module).toContain('defineQueue');
    expect(await pageOf('reference/functions/_sluice_queue.connectProducer.html')).toContain('Parameters');
  });
});
