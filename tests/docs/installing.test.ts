import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { publicPackages } from '../../scripts/public-packages.ts';
import { peerRanges } from '../packed/kit/pinned.ts';

const page = await readFile(new URL('../../docs/installing.md', import.meta.url), 'utf8');

it('docs/installing.md lists each public package with its Node and its peers', () => {
  const ranges = peerRanges();
  const rows = publicPackages().map(({ manifest }) => {
    const peers = Object.entries(manifest.peerDependencies ?? {}).map(([name, range]) => {
      const optional = manifest.peerDependenciesMeta?.[name]?.optional === true ? ' (optional)' : '';
      const tested = range.startsWith('workspace:')
        ? 'same version'
        : range === 'catalog:peers'
          ? ranges.get(name)
          : range;
      return `\`${name}\` ${tested?.replaceAll('||', 'or')}${optional}`;
    });
    const list = peers.length === 0 ? 'none' : peers.join('; ');
    return `| \`${manifest.name}\` | ${manifest.description} | ${manifest.engines?.node} | ${list} |`;
  });
  const [, table = ''] = /<!-- packages:begin -->\n\|.*\n\|.*\n([\s\S]*?)\n<!-- packages:end -->/.exec(page) ?? [];
  expect(table.split('\n')).toEqual(rows);
});

it('every peer that is not ours has its range in pnpm-workspace.yaml, once for all packages', () => {
  const named = publicPackages().flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}));
  expect(named.filter(([, range]) => range !== 'catalog:peers' && range !== 'workspace:^')).toEqual([]);
});
