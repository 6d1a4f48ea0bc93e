import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicPackages } from './public-packages.ts';

const packages = publicPackages();

describe('the public packages', () => {
  it('are those that the contributing page lists', () => {
    const page = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
    const [, list = ''] = /Public are (.+?)\./s.exec(page) ?? [];
    expect([...list.matchAll(/@sluice\/[a-z-]+/g)].map(([name]) => name).toSorted()).toEqual(
      packages.map(({ manifest }) => manifest.name),
    );
  });

  it('have one version', () => {
    expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  it('need no private package of ours', () => {
    const names = new Set(packages.map(({ manifest }) => manifest.name));
    const needed = packages.flatMap(({ manifest }) =>
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    );
    expect(needed.filter((name) => name.startsWith('@sluice/') && !names.has(name))).toEqual([]);
  });
});

describe.each(packages)('$manifest.name', ({ folder, manifest }) => {
  it('says what it is, under which licence, for which Node', () => {
    expect(manifest).toMatchObject({ description: /\S/, license: 'MIT', type: 'module', engines: { node: /^>=\d/ } });
    expect(manifest.description).toMatch(/\.$/);
    expect(manifest.sideEffects).toBeDefined();
  });

  it('is published for everybody, and packed by a build', () => {
    expect(manifest.publishConfig).toEqual({ access: 'public' });
    expect(manifest.scripts).toEqual({ prepack: 'node ../../scripts/prepack.mjs' });
  });

  it('has what is built and its sources in the tarball, and no tests', () => {
    const files = new Set(manifest.files);
    for (const pattern of ['dist', 'src', '!src/**/testing', '!**/.tsbuildinfo']) expect(files).toContain(pattern);
    expect(files.has('!**/*.test.ts') || files.has('!src/**/*.test.ts')).toBe(true);
  });

  it('builds neither tests nor their helpers', () => {
    const settings = readFileSync(join(folder, 'tsconfig.json'), 'utf8');
    expect(settings).toMatch(/"exclude": \["src\/\*\*\/\*\.test\.ts", "src\/\*\*\/testing"\]/);
  });

  it('exports types first, then ESM, of files that have sources, and its package.json', () => {
    const { './package.json': own, ...entries } = manifest.exports ?? {};
    expect(own).toBe('./package.json');
    for (const [name, entry] of Object.entries(entries)) {
      if (typeof entry === 'string') throw new Error(`${name} has no types`);
      expect(Object.keys(entry)).toEqual(['@sluice/source', 'types', 'default']);
      const source = entry['@sluice/source'] ?? '';
      expect(existsSync(join(folder, source))).toBe(true);
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '');
      expect([entry['types'], entry['default']]).toEqual([`${built}.d.ts`, `${built}.js`]);
    }
  });

  it('has a page that says what it is and how to install it', () => {
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(page.split('\n')[0]).toBe(`# ${manifest.name}`);
    expect(page).toMatch(new RegExp(String.raw`npm install (-D )?.*${manifest.name}|npx ${manifest.name}`));
    const [, install = ''] = /```sh\n(.*?)```/s.exec(page) ?? [];
    const peers = Object.keys(manifest.peerDependencies ?? {});
    for (const peer of peers.filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional)) {
      expect(install).toContain(peer);
    }
    expect(page).not.toMatch(/\]\(\.\.?\/?\.\./);
  });

  it('names no repository and no homepage, because it has no public one yet', () => {
    expect([manifest.repository, manifest.homepage]).toEqual([undefined, undefined]);
  });
});
