import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { RunFolder } from './run-folder.ts';
import { SluiceCommand } from './sluice-command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const soon = { interval: 20 };

/** `$SLUICE` is the command, `$LIST` a list of three pages, `$OUT` a name that is free. */
async function bash(script: string): Promise<{ code: unknown; stdout: string; out: () => Promise<Buffer> }> {
  await using site = await startPageSite();
  const folder = await RunFolder.make(['a', 'b', 'c'].map((page) => `${site.origin}/${page}`));
  const env = {
    ...process.env,
    SLUICE: `${process.execPath} -C @sluice/source ${root}apps/cli/src/main.ts run --allow-private --quiet`,
    LIST: folder.input,
    OUT: folder.out,
  };
  const child = spawn('bash', ['-c', `set -o pipefail; ${script}`], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, stdout, out: () => readFile(folder.out).finally(() => folder[Symbol.asyncDispose]()) };
}

const results = (ndjson: string): number => ndjson.split('\n').filter((line) => line.includes('"ok":true')).length;

describe('results of sluice run', () => {
  it.each([
    ['standard output by its name, to a pipe', '$SLUICE $LIST -o /dev/stdout | cat'],
    ['standard output by its number, to a pipe', '$SLUICE $LIST -o /dev/fd/1 | cat'],
    ['standard output by its process, to a pipe', '$SLUICE $LIST -o /proc/self/fd/1 | cat'],
    ['standard output by its name, to a socket', '$SLUICE $LIST -o /dev/stdout'],
    ['another descriptor that is a pipe', '$SLUICE $LIST -o /dev/fd/3 3>&1 | cat'],
    ['another descriptor that is a socket', '$SLUICE $LIST -o /dev/fd/3 3>&1'],
  ])('go to %s', async (_, script) => {
    const { code, stdout } = await bash(script);
    expect({ code, results: results(stdout) }).toEqual({ code: 0, results: 3 });
  });

  it('go where the shell says, when standard output by its name is a file', async () => {
    const { code, out } = await bash('{ echo first; $SLUICE $LIST -o /dev/stdout; echo last; } > $OUT');
    const lines = String(await out())
      .trimEnd()
      .split('\n');
    expect({ code, first: lines[0], last: lines.at(-1), count: lines.length }).toEqual({
      code: 0,
      first: 'first',
      last: 'last',
      count: 5,
    });
  });

  it('go to another program by process substitution', async () => {
    const { code, out } = await bash(
      'exec 5> >(gzip > $OUT); gzip=$!; $SLUICE $LIST -o /dev/fd/5; exec 5>&-; wait $gzip',
    );
    expect({ code, results: results(String(gunzipSync(await out()))) }).toEqual({ code: 0, results: 3 });
  });

  it('are not waited for at Ctrl-C when no process reads the named pipe that they go to', async () => {
    await using folder = await RunFolder.make(['http://127.0.0.1:1/']);
    await promisify(execFile)('mkfifo', [folder.out]);
    const command = new SluiceCommand(['run', folder.input, '-o', folder.out]);
    await expect.poll(() => command.stderr, soon).toContain('waiting for a reader of');
    command.pressCtrlC();
    expect(await command.ended).toMatchObject({ exitCode: 130 });
  });

  it('have no banner among them, in the form that help and docs show', async () => {
    const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'sluice', '--', '--version'], { cwd: root });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
