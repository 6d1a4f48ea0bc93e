import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { describe, expect, inject, it } from 'vitest';
import { publicPackages, type PackageManifest } from '../../scripts/public-packages.ts';

/** Compressed. The largest is the library; half of it are its source maps. */
const LARGEST_KIB = 1200;

const tarballs = Object.entries(inject('tarballs') ?? {}).map(([name, file]) => ({ name, file }));

function list(file: string): string[] {
  const paths = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
  return paths.map((path) => path.replace(/^package\//, ''));
}

function readManifest(file: string): PackageManifest {
  return JSON.parse(
    execFileSync('tar', ['-xOzf', file, 'package/package.json'], { encoding: 'utf8' }),
  ) as PackageManifest;
}

it('there is a tarball of every public package', () => {
  expect(tarballs.map(({ name }) => name)).toEqual(publicPackages().map(({ manifest }) => manifest.name));
});

describe.each(tarballs)('the tarball of $name', ({ file }) => {
  const paths = list(file);

  it('has the licence, the page and every entry point', () => {
    const manifest = readManifest(file);
    const entries = Object.values(manifest.exports ?? {}).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    const wanted = [...entries, ...Object.values(manifest.bin ?? {})].map((path) => path.replace('./', ''));
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', ...wanted]));
  });

  it('has nothing but what is built, sources, scripts and templates, and the source of each built file', () => {
    const odd = paths.filter((path) => !/^(LICENSE|README\.md|package\.json|(dist|src|lua|templates)\/.+)$/.test(path));
    const tests = paths.filter((path) => /^(dist|src)\/.*(\.test\.|\/testing\/|tsbuildinfo)/.test(path));
    const orphans = paths.filter((path) => {
      const source = path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
      return path.startsWith('dist/') && !path.startsWith('dist/embedded/') && !paths.includes(source);
    });
    expect({ odd, tests, orphans }).toEqual({ odd: [], tests: [], orphans: [] });
  });

  it('needs versions that a registry has, and is small', () => {
    const { dependencies, peerDependencies } = readManifest(file);
    const ranges = Object.values({ ...dependencies, ...peerDependencies });
    expect(ranges.filter((range) => /^(workspace|catalog|npm|file|link):/.test(range))).toEqual([]);
    expect(statSync(file).size / 1024).toBeLessThan(LARGEST_KIB);
  });

  it('is right for publint, suggestions included', async () => {
    const tarball = Uint8Array.from(readFileSync(file)).buffer;
    const { messages } = await publint({ strict: true, level: 'suggestion', pack: { tarball } });
    // A template is copied, never imported: what its own package.json exports is for the project that it becomes.
    expect(messages.filter(({ args }) => !JSON.stringify(args).includes('"./templates/'))).toEqual([]);
  });

  // Left out is what reads no `exports` (node10), and that CommonJS gets ESM: Node's `require` has loaded it since 22.12.
  it('has the right types for ESM, CommonJS and bundlers, says arethetypeswrong', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(file)));
    if (result.types === false) throw new Error('it has no types');
    const problems = result.problems.filter(
      (problem) =>
        problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(problems).toEqual([]);
  });
});

it('the tarball of @sluice/queue has the Lua scripts, also as a module for bundlers', () => {
  const queue = tarballs.find(({ name }) => name === '@sluice/queue');
  expect(list(queue?.file ?? '')).toEqual(
    expect.arrayContaining(['lua/admit-jobs.lua', 'lua/include/capacity.lua', 'dist/embedded/lua-texts.js']),
  );
});
