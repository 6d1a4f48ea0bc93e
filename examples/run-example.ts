import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs an example as its reader would.
 *
 * @param path from the root of the repository
 * @returns the lines it printed
 * @throws when it does not end by itself with exit code 0 in time; the error carries what it wrote to stderr
 */
export function runExample(path: string, timeoutMs = 60_000): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const args = ['-C', '@sluice/source', path];
  execFile(process.execPath, args, { cwd: root, timeout: timeoutMs }, (error, stdout, stderr) => {
    if (error) reject(new Error(`${path} failed\n${stdout}${stderr}`, { cause: error }));
    else resolve(stdout.trimEnd().split('\n'));
  });
  return promise;
}
