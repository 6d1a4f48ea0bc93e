// Loaded before tests with `--import`: all imports of BullMQ then get the oldest version that Sluice supports, with its scripts.
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../packages/queue/package.json', import.meta.url));
const folderOf = (name) => new URL('./', pathToFileURL(require.resolve(`${name}/package.json`))).href;
const [newest, oldest] = [folderOf('bullmq'), folderOf('bullmq-oldest')];

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.startsWith(newest) ? { ...found, url: oldest + found.url.slice(newest.length) } : found;
  },
});
