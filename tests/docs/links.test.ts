import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = globSync(['*.md', '{docs,packages,apps,examples,.github}/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**', 'docs/source/**'],
});

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

async function anchorsIn(path: string): Promise<string[]> {
  return [...(await readFile(path, 'utf8')).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] ?? ''));
}

/** The relative links of a page that lead nowhere. */
async function brokenLinks(page: string): Promise<string[]> {
  const text = await readFile(join(root, page), 'utf8');
  const targets = [...text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  const checks = await Promise.all(targets.map(async (target) => ((await leads(page, target)) ? [] : [target])));
  return checks.flat();
}

async function leads(page: string, target: string): Promise<boolean> {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || (await anchorsIn(file)).includes(anchor);
}

describe('the docs', () => {
  it('are found', () => expect(pages).toContain('README.md'));

  it.each(pages)('%s has no link that leads nowhere', async (page) => {
    expect(await brokenLinks(page)).toEqual([]);
  });

  // Where it is not installed that is a stranger's program.
  it.each(pages.filter((page) => page !== 'apps/cli/README.md'))(
    '%s never tells anybody to run npx sluice',
    async (page) => {
      expect(await readFile(join(root, page), 'utf8')).not.toMatch(/npx sluice/);
    },
  );
});
