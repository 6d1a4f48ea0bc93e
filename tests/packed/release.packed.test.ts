import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { publicPackages } from '../../scripts/public-packages.ts';
import { runCommand } from './kit/run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('a dry run of a release packs every public package, says its notes, and changes nothing', async () => {
  const tracked = (): Promise<string> => runCommand(root, ['git', 'diff', 'HEAD']);
  const before = await tracked();
  const said = await runCommand(root, ['node', 'scripts/bootstrap.mjs', 'release', 'minor', '--dry-run']);
  for (const { manifest } of publicPackages()) expect(said).toContain(`📦 ${manifest.name}@${manifest.version}`);
  const [, firstNote = ''] = /^(- .+)$/m.exec(readFileSync(`${root}/CHANGELOG.md`, 'utf8')) ?? [];
  expect(said).toContain(firstNote);
  expect(said).toContain('nothing was changed, published or pushed');
  expect(await tracked()).toBe(before);
});
