import { delimiter } from 'node:path';

/**
 * The environment in which `node` and `pnpm` mean the toolchain's.
 *
 * @param {import('./find-toolchain.mjs').Toolchain} toolchain
 * @returns {NodeJS.ProcessEnv}
 */
export function toolchainEnv({ path }) {
  return { ...process.env, PATH: [...path, process.env.PATH].join(delimiter) };
}
