import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

describe('a run whose machine is short of file descriptors', () => {
  it('says so without a stack, and continues once there are enough', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(20).map((n) => `${site.origin}/${n}`));
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--workers', '1'];
    const short = new SluiceCommand(args, { descriptors: 26 });
    const { exitCode, stderr } = await short.ended;
    expect(stderr).toMatch(/^sluice: this process has no file descriptors left \(EMFILE, .+\)\. Raise their limit/m);
    expect(stderr).toContain('To go on:');
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(exitCode).toBe(3);
    expect(await sluice(...args)).toMatchObject({ exitCode: 0 });
    expect(await folder.lineNumbers()).toEqual(upTo(20));
  });
});
