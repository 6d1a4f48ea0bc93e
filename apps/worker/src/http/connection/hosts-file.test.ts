import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HostsFile } from './hosts-file.ts';

async function folderWith(text: string): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-hosts-'));
  const path = join(folder, 'hosts');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

it('reads addresses, names, aliases and comments', async () => {
  await using file = await folderWith(
    '# hosts\n127.0.0.1\tlocalhost\n::1 localhost ip6-localhost # both\n\n10.0.0.7   Db.Example db\r\nnonsense x\n',
  );
  const hosts = new HostsFile({ path: file.path });
  expect(await hosts.addressesOf('localhost')).toEqual([
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
  expect(await hosts.addressesOf('DB.example')).toEqual([{ address: '10.0.0.7', family: 4 }]);
  expect(await hosts.addressesOf('db')).toEqual([{ address: '10.0.0.7', family: 4 }]);
  expect(await hosts.addressesOf('x')).toEqual([]);
});

it('reads the file again after a while', async () => {
  const clock = { ms: 0 };
  await using file = await folderWith('10.0.0.1 a\n');
  const hosts = new HostsFile({ path: file.path, freshMs: 1_000, now: () => clock.ms });
  expect(await hosts.addressesOf('a')).toEqual([{ address: '10.0.0.1', family: 4 }]);
  await writeFile(file.path, '10.0.0.2 a\n');
  expect(await hosts.addressesOf('a')).toEqual([{ address: '10.0.0.1', family: 4 }]);
  clock.ms = 1_001;
  expect(await hosts.addressesOf('a')).toEqual([{ address: '10.0.0.2', family: 4 }]);
});

it('lists nothing where there is no such file', async () => {
  expect(await new HostsFile({ path: '/nowhere/hosts' }).addressesOf('localhost')).toEqual([]);
});
